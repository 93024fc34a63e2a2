// The form of one node, derived from its layer's declaration: name, params, shapes, parameters, problems.
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { memo, useState, type JSX } from 'react';
import { findLayer, type LayerDeclaration } from '#core/layers/index';
import type { ParamSpec } from '#core/layers/params';
import { formatShape, type PartialShape } from '#core/tensor/shape';
import type { GraphNode } from '#core/document/project';

import { rename, renameFault, setParam } from '../actions/graph';
import { CategoryIcon } from '../chrome/category-icon';
import { Explained } from '../chrome/explained';
import { ParamField } from '../fields/param-field';
import { TextField } from '../fields/plain-fields';
import { showCount } from '../panels/format';
import { RepairButtons } from '../panels/repair-buttons';
import { clearAfter, showAfterEdit } from '../stores/after';
import { scopePath, useDocument, useNode } from '../stores/document';
import { useLive, type NodeView } from '../stores/live';
import { useModel } from '../stores/model';
import { whyInput, whyOutput, whyParam } from '../stores/why';
import { helpText, saidText, t } from '../text';
import { ActivitySection } from './activity';
import { BlockInspector } from './block-inspector';
import { ParameterList } from './parameter-list';

/** Re-renders when its node, or what is inferred of it, changes. */
export function NodeInspector({ id }: { readonly id: string }): JSX.Element | null {
  const node = useLast(useNode(id));
  const view = useLast(useLive((state) => state.views.get(id)));
  const path = useDocument(scopePath);
  const flops = useModel((state) => state.nodes.get(path + id)?.flops ?? null);
  if (node?.block) return <BlockInspector node={node} />;
  if (!node || !view) return null;
  const declaration = findLayer(node.layer);
  return (
    <>
      <header className="inspector-header">
        <CategoryIcon category={view.category} />
        <div>
          <h2>{node.name}</h2>
          <p className="muted" title={declaration?.torch ?? ''}>
            {declaration?.torch ?? node.layer}
          </p>
        </div>
      </header>
      <div className="inspector-body">
        {declaration ? <p className="inspector-about">{helpText(declaration.summary)}</p> : null}
        {view.problems.map((problem) => {
          const Icon = problem.severity === 'error' ? CircleAlert : TriangleAlert;
          return (
            <div key={problem.message} className={`notice is-${problem.severity}`}>
              <Icon size={14} aria-hidden />
              <div>
                {saidText(problem.message)}
                {problem.fixes.length > 0 ? (
                  <span className="notice-fix">{saidText(problem.fixes[0] ?? '')}</span>
                ) : null}
                <RepairButtons problem={problem} />
              </div>
            </div>
          );
        })}
        <TextField
          label={t('common.name')}
          value={node.name}
          check={(text) => {
            const fault = renameFault(id, text);
            return fault === null ? null : t('name.fault', { fault });
          }}
          onChange={(text) => {
            rename(id, text);
          }}
        />
        {declaration ? <Params node={node} declaration={declaration} view={view} /> : null}
        <ShapeFacts id={id} declaration={declaration} view={view} flops={flops} />
        <ParameterList key={node.id} node={node} chips={view.chips} />
        <ActivitySection id={id} />
      </div>
    </>
  );
}

/** Of a node that was taken away the last there was is shown until the inspector turns to something else, a frame later. */
function useLast<T>(value: T | undefined): T | undefined {
  const [last, setLast] = useState(value);
  if (value !== undefined && value !== last) setLast(value);
  return value ?? last;
}

function Params({
  node,
  declaration,
  view,
}: {
  readonly node: GraphNode;
  readonly declaration: LayerDeclaration;
  readonly view: NodeView;
}): JSX.Element | null {
  const params = Object.entries(declaration.params);
  if (params.length === 0) return null;
  return (
    <section aria-label={t('nodeInspector.options')}>
      <h3 className="section-title">{t('nodeInspector.options')}</h3>
      {params.map(([name, spec]) => (
        <Param
          key={name}
          node={node.id}
          name={name}
          spec={spec}
          value={name in node.params ? canonical(spec.parse.bind(spec), node.params[name]) : spec.initial}
          inferred={view.sizes[name]}
          why={view.sizes[name] === undefined ? '' : whyParam(node.id, name)}
          problem={view.problems.find(({ message }) => message.includes(` ${name}:`))?.message}
        />
      ))}
    </section>
  );
}

interface ParamProps {
  /** Its id. */
  readonly node: string;
  readonly name: string;
  readonly spec: ParamSpec;
  readonly value: unknown;
  readonly inferred: unknown;
  /** Where what was inferred comes from. */
  readonly why: string;
  readonly problem: string | undefined;
}

/** An edit of one param leaves the fields of the others. */
const Param = memo(
  function Param({ node, name, spec, ...shown }: ParamProps): JSX.Element {
    return (
      <ParamField
        name={name}
        spec={spec}
        {...shown}
        onTyping={(typed) => {
          if (typed) showAfterEdit({ kind: 'set_param', id: node, param: name, value: typed.value });
          else clearAfter();
        }}
        onChange={(value) => {
          const isInitial = JSON.stringify(value) === JSON.stringify(spec.initial);
          setParam(node, name, isInitial ? undefined : value);
        }}
      />
    );
  },
  (a, b) =>
    a.node === b.node &&
    a.name === b.name &&
    a.spec === b.spec &&
    a.problem === b.problem &&
    a.why === b.why &&
    JSON.stringify([a.value, a.inferred]) === JSON.stringify([b.value, b.inferred]),
);

/** The value as `parse` gives it (one integer becomes its list); as it stands where `parse` refuses it. */
function canonical(parse: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return parse(value);
  } catch {
    return value;
  }
}

function ShapeFacts({
  id,
  declaration,
  view,
  flops,
}: {
  readonly id: string;
  readonly declaration: LayerDeclaration | null;
  readonly view: NodeView;
  readonly flops: number | null;
}): JSX.Element {
  const show = (shape: PartialShape | null | undefined): string => (shape ? formatShape(shape) : '?');
  return (
    <section aria-label={t('nodeInspector.shapes')}>
      <h3 className="section-title">{t('nodeInspector.shapes')}</h3>
      <dl className="facts">
        {view.inputs.map((shape, at) => (
          <div key={`in${at}`}>
            <dt>{declaration?.inputs[at]?.name ?? 'input'}</dt>
            <dd className="shape">
              <Explained text={show(shape)} why={() => whyInput(id, at)} />
            </dd>
          </div>
        ))}
        {view.outputs.map((shape, at) => (
          <div key={`out${at}`}>
            <dt>{declaration?.outputs[at]?.name ?? 'output'}</dt>
            <dd className="shape">
              <Explained text={show(shape)} why={() => whyOutput(id, at)} />
            </dd>
          </div>
        ))}
        {flops === null || flops === 0 ? null : (
          <div>
            <dt>{t('nodeInspector.forward')}</dt>
            <dd>{showCount(flops)} FLOPs</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

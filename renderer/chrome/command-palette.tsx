// Everything by typing: commands with their shortcuts, layers to add, nodes to go to.
import { Command } from 'cmdk';
import { ChevronRight, Search } from 'lucide-react';
import { useMemo, useRef, type JSX } from 'react';
import { COMMANDS } from '#core/commands/commands';
import { commandLabel, menuTitle } from '#core/commands/labels';
import { layerTitle } from '#core/graph/resolve';

import { isEnabled, runCommand } from '../actions/commands';
import { insertBlock, insertLayer } from '../actions/insert';
import { shortcutText } from '../actions/shortcuts';
import { focusNode } from '../canvas/focus-node';
import { languageOf, useApp } from '../stores/app';
import { useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { layersThatFit } from '../palette/fits';
import type { InsertTarget } from '../stores/ui';
import { categoryTitle } from '../palette/layer-text';
import { helpText, t } from '../text';
import { CategoryIcon } from './category-icon';
import { matchScore } from './match';
import { Modal } from './modal';

interface CommandPaletteProps {
  readonly mode: 'everything' | 'layers';
  readonly target: InsertTarget | null;
  readonly onClose: () => void;
}

export function CommandPalette({ mode, target, onClose }: CommandPaletteProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const title = mode === 'layers' ? t('palette.addLayer') : t('palette.title');
  const choose = (action: () => void): void => {
    onClose();
    // After the dialog has given the focus back.
    requestAnimationFrame(action);
  };
  return (
    <Modal title={title} className="command-palette" isBare onClose={onClose}>
      <Command label={title} loop filter={matchScore}>
        <div className="command-search">
          <Search size={16} aria-hidden />
          <Command.Input
            data-autofocus
            onValueChange={() => {
              list.current?.scrollTo({ top: 0 });
            }}
            placeholder={
              mode === 'everything'
                ? t('palette.search')
                : target?.port
                  ? t('palette.addFitting')
                  : t('palette.addAny')
            }
          />
          <kbd>Esc</kbd>
        </div>
        <Command.List ref={list}>
          <Command.Empty>{t('commandPalette.nothingIsCalledThat')}</Command.Empty>
          {mode === 'everything' ? <CommandItems choose={choose} /> : null}
          <BlockItems target={target} choose={choose} />
          <LayerItems target={target} choose={choose} />
          {mode === 'everything' ? <NodeItems choose={choose} /> : null}
        </Command.List>
      </Command>
    </Modal>
  );
}

interface ItemsProps {
  readonly choose: (action: () => void) => void;
}

function CommandItems({ choose }: ItemsProps): JSX.Element {
  const isMac = useApp((state) => state.platform === 'darwin');
  const language = useApp(languageOf);
  return (
    <Command.Group heading={t('palette.commands')}>
      {COMMANDS.filter(({ id }) => id !== 'view.commandPalette').map((command) => (
        <Command.Item
          key={command.id}
          value={commandLabel(command, language)}
          keywords={[
            command.label,
            menuTitle(command.menu, language),
            ...(command.keywords?.split(' ') ?? []),
          ]}
          disabled={!isEnabled(command.id)}
          onSelect={() => choose(() => runCommand(command.id))}
        >
          <ChevronRight size={14} aria-hidden className="muted" />
          <span>{commandLabel(command, language)}</span>
          <span className="muted">{menuTitle(command.menu, language)}</span>
          {command.shortcut === undefined ? null : <kbd>{shortcutText(command.shortcut, isMac)}</kbd>}
        </Command.Item>
      ))}
    </Command.Group>
  );
}

/** All layers, or those that fit the port an edge was drawn from. */
function LayerItems({ target, choose }: ItemsProps & { readonly target: InsertTarget | null }): JSX.Element {
  const layers = useMemo(() => layersThatFit(target?.port ?? null, useLive.getState().inference), [target]);
  return (
    <Command.Group heading={t('palette.layers')}>
      {layers.map((layer) => (
        <Command.Item
          key={layer.type}
          value={`Add ${layerTitle(layer)} ${layer.type}`}
          keywords={[layer.category, categoryTitle(layer.category), ...(layer.keywords ?? [])]}
          onSelect={() => choose(() => insertLayer(layer.type, target))}
        >
          <CategoryIcon category={layer.category} />
          <span>{layerTitle(layer)}</span>
          <span className="muted command-summary">{helpText(layer.summary)}</span>
        </Command.Item>
      ))}
    </Command.Group>
  );
}

/** Instances of the project's own blocks. */
function BlockItems({
  target,
  choose,
}: ItemsProps & { readonly target: InsertTarget | null }): JSX.Element | null {
  const blocks = useDocument((state) => state.project?.graph.blocks);
  if (!blocks) return null;
  return (
    <Command.Group heading={t('palette.blocks')}>
      {blocks.map((block) => (
        <Command.Item
          key={block.id}
          value={`Add block ${block.name} ${block.id}`}
          onSelect={() => choose(() => insertBlock(block, target))}
        >
          <CategoryIcon category={null} />
          <span>{block.name}</span>
          <span className="muted">{t('commandPalette.anotherInstanceOfThis')}</span>
        </Command.Item>
      ))}
    </Command.Group>
  );
}

function NodeItems({ choose }: ItemsProps): JSX.Element {
  const nodes = useDocument((state) => state.project?.graph.nodes);
  return (
    <Command.Group heading={t('palette.nodes')}>
      {nodes?.map((node) => (
        <Command.Item
          key={node.id}
          value={`Go to ${node.name} ${node.id}`}
          onSelect={() => choose(() => focusNode(node.id))}
        >
          <ChevronRight size={14} aria-hidden className="muted" />
          <span>{node.name}</span>
          <span className="muted">{node.layer}</span>
        </Command.Item>
      ))}
    </Command.Group>
  );
}

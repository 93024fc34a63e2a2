// `lazuli layers`: the catalogue, or one layer with its parameters.
import { layerNamed, LAYERS, type LayerDeclaration } from '#core/layers/index';

import { table } from '../text';
import type { Verb } from '../verb';

const describe = (layer: LayerDeclaration) => ({
  type: layer.type,
  torch: layer.torch,
  torch_lazy: layer.torchLazy ?? null,
  category: layer.category,
  summary: layer.summary,
  inputs: layer.inputs.map(({ name, isVariadic, isOptional }) => ({
    name,
    variadic: isVariadic === true,
    optional: isOptional === true,
  })),
  outputs: layer.outputs.map(({ name }) => ({ name })),
  params: Object.entries(layer.params).map(([name, spec]) => ({
    name,
    widget: spec.widget,
    help: spec.help,
    initial: spec.initial,
    torch_default: spec.torchDefault ?? null,
    required_by_torch: spec.torchDefault === undefined,
    inferred: spec.isInferred === true,
    ...(spec.options ? { options: spec.options } : {}),
  })),
});

export const layers: Verb = {
  name: 'layers',
  summary: 'the catalogue of layers',
  arguments: [{ name: 'layer', help: 'show only this one, with its parameters', isOptional: true }],
  options: [],
  example: 'lazuli layers conv2d',
  async run({ args, output }) {
    const name = args.optional(0);
    if (name === null)
      return output.result(LAYERS.map(describe), () =>
        table(
          [{ title: 'layer' }, { title: 'PyTorch' }, { title: 'category' }, { title: 'what it does' }],
          LAYERS.map(({ type, torch, category, summary }) => [type, torch ?? '', category, summary]),
          output.paint,
        ),
      );
    const layer = layerNamed(name);
    const described = describe(layer);
    output.result(described, () => {
      const rows = described.params.map((param) => [
        param.name,
        param.inferred ? 'blank: from the input' : JSON.stringify(param.initial),
        param.required_by_torch ? '' : JSON.stringify(param.torch_default),
        param.help,
      ]);
      const columns = [
        { title: 'param' },
        { title: 'initial' },
        { title: 'PyTorch' },
        { title: 'what it is' },
      ];
      const head = `${output.paint('bold', layer.type)}  ${layer.torch ?? ''}\n${layer.summary}`;
      return rows.length === 0 ? head : `${head}\n\n${table(columns, rows, output.paint)}`;
    });
  },
};

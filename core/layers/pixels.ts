// Layers that move channels into space and back: pixel shuffle, its inverse, and the shuffle of channel groups.
import * as ops from '../ops';
import { defineLayer } from './declaration';
import { integer } from './params';
import { inputOf } from './pieces';
import { mismatch, outputs, product, refusal, sizeAt } from './shapes';

const tooFewAxes = (rank: number) => refusal(mismatch('input', 'at least 3 dimensions', rank));

/** `[*, C·r², H, W]` → `[*, C, H·r, W·r]`. Source: https://arxiv.org/abs/1609.05158. */
export const pixelShuffle = defineLayer({
  type: 'pixel_shuffle',
  torch: 'torch.nn.PixelShuffle',
  category: 'shape',
  summary: 'Turns channels into a larger image.',
  keywords: ['super resolution', 'depth to space', 'upsample'],
  params: { upscale_factor: integer({ help: 'How much height and width grow.', initial: 2 }) },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ upscale_factor: factor }, [input = null]) {
    if (input === null) return outputs(null);
    if (input.length < 3) return tooFewAxes(input.length);
    const [channels, height, width] = [sizeAt(input, -3), sizeAt(input, -2), sizeAt(input, -1)];
    if (channels !== null && channels % factor ** 2 !== 0)
      return refusal(mismatch('input', `a multiple of ${factor ** 2} channels`, channels));
    return outputs([
      ...input.slice(0, -3),
      channels === null ? null : channels / factor ** 2,
      height === null ? null : height * factor,
      width === null ? null : width * factor,
    ]);
  },
  lower(call) {
    const input = inputOf(call);
    const factor = call.params.upscale_factor;
    const leading = input.shape.slice(0, -3);
    const [channels = 1, height = 1, width = 1] = input.shape.slice(-3);
    const parted = ops.reshape(input, [...leading, channels / factor ** 2, factor, factor, height, width]);
    const at = leading.length;
    const order = [...leading.keys(), at, at + 3, at + 1, at + 4, at + 2];
    const grown = [channels / factor ** 2, height * factor, width * factor];
    return [ops.reshape(ops.permute(parted, order), [...leading, ...grown])];
  },
  flops: () => 0,
  examples: [
    {
      title: 'twice the size',
      params: { upscale_factor: 2 },
      inputs: [[2, 8, 3, 2]],
      outputs: [[2, 2, 6, 4]],
    },
  ],
});

/** `[*, C, H·r, W·r]` → `[*, C·r², H, W]`. */
export const pixelUnshuffle = defineLayer({
  type: 'pixel_unshuffle',
  torch: 'torch.nn.PixelUnshuffle',
  category: 'shape',
  summary: 'Turns an image into more channels of a smaller one.',
  keywords: ['space to depth', 'downsample'],
  params: { downscale_factor: integer({ help: 'How much height and width shrink.', initial: 2 }) },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ downscale_factor: factor }, [input = null]) {
    if (input === null) return outputs(null);
    if (input.length < 3) return tooFewAxes(input.length);
    const [channels, height, width] = [sizeAt(input, -3), sizeAt(input, -2), sizeAt(input, -1)];
    for (const size of [height, width])
      if (size !== null && size % factor !== 0)
        return refusal(mismatch('input', `height and width that are multiples of ${factor}`, size));
    return outputs([
      ...input.slice(0, -3),
      channels === null ? null : channels * factor ** 2,
      height === null ? null : height / factor,
      width === null ? null : width / factor,
    ]);
  },
  lower(call) {
    const input = inputOf(call);
    const factor = call.params.downscale_factor;
    const leading = input.shape.slice(0, -3);
    const [channels = 1, height = 1, width = 1] = input.shape.slice(-3);
    const [rows, columns] = [height / factor, width / factor];
    const parted = ops.reshape(input, [...leading, channels, rows, factor, columns, factor]);
    const at = leading.length;
    const order = [...leading.keys(), at, at + 2, at + 4, at + 1, at + 3];
    return [ops.reshape(ops.permute(parted, order), [...leading, channels * factor ** 2, rows, columns])];
  },
  flops: () => 0,
  examples: [
    {
      title: 'a third of the size',
      params: { downscale_factor: 3 },
      inputs: [[2, 6, 3]],
      outputs: [[18, 2, 1]],
    },
  ],
});

/** `[N, C, *]` kept: the first channels of all groups, then the second ones, and so on. Source: https://arxiv.org/abs/1707.01083. */
export const channelShuffle = defineLayer({
  type: 'channel_shuffle',
  torch: 'torch.nn.ChannelShuffle',
  category: 'shape',
  summary: 'Interleaves groups of channels, so that grouped convolutions mix.',
  keywords: ['shufflenet', 'groups'],
  params: { groups: integer({ help: 'Groups the channels are split into.', initial: 2 }) },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ groups }, [input = null]) {
    if (input === null) return outputs(null);
    if (input.length < 3) return tooFewAxes(input.length);
    const channels = sizeAt(input, 1);
    if (channels !== null && channels % groups !== 0)
      return refusal(mismatch('groups', `a divisor of ${channels} channels`, groups));
    return outputs(input);
  },
  lower(call) {
    const input = inputOf(call);
    const [batch = 1, channels = 1] = input.shape;
    const { groups } = call.params;
    const rest = product(input.shape.slice(2)) ?? 1;
    const grouped = ops.reshape(input, [batch, groups, channels / groups, rest]);
    return [ops.reshape(ops.permute(grouped, [0, 2, 1, 3]), input.shape)];
  },
  flops: () => 0,
  examples: [
    {
      title: 'three groups',
      params: { groups: 3 },
      inputs: [[2, 6, 2, 2]],
      outputs: [[2, 6, 2, 2]],
    },
  ],
});

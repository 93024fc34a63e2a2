// `lazuli generate`: the text that trained weights write after a prompt.
import { INITIAL_TEXT, TEXT_LIMITS } from '#core/session/generated';

import { WEIGHT_OPTIONS, weightOptions, withModel } from '../model';
import type { Verb } from '../verb';

export const generate: Verb = {
  name: 'generate',
  summary: 'the text that weights of a model of characters write',
  arguments: [{ name: 'project', help: 'the project file; its data is a text' }],
  options: [
    { flag: 'weights', value: 'file', help: 'the weights: .pt or .safetensors', isRequired: true },
    ...WEIGHT_OPTIONS,
    { flag: 'prompt', value: 'text', help: 'what the text begins with (default: a new line)' },
    { flag: 'length', value: 'n', help: `characters to write (default ${INITIAL_TEXT.characters})` },
    {
      flag: 'temperature',
      value: 'x',
      help: `0 takes the likeliest, 1 draws by the probabilities (default ${INITIAL_TEXT.temperature})`,
    },
    { flag: 'seed', value: 'n', help: `of the draws (default ${INITIAL_TEXT.seed})` },
  ],
  example: 'lazuli generate opticks.lazuli --weights opticks.pt --prompt "Do not "',
  run: (call) => {
    const { options, output, signal } = call;
    const request = {
      prompt: options.text('prompt') ?? INITIAL_TEXT.prompt,
      characters: options.integer('length', 1, TEXT_LIMITS.characters) ?? INITIAL_TEXT.characters,
      temperature: options.number('temperature', 0, TEXT_LIMITS.temperature) ?? INITIAL_TEXT.temperature,
      seed: options.integer('seed') ?? INITIAL_TEXT.seed,
    };
    return withModel(
      call,
      (project) => project,
      async ({ session }) => {
        await session.loadWeights(options.text('weights') ?? '', weightOptions(options));
        let done = 0;
        const text = await session.generate(request, {
          signal,
          onText: () => output.progress('writing', ++done, request.characters),
        });
        output.result({ ...request, text }, () => `${request.prompt}${text}`);
      },
    );
  },
};

// The verbs as a commander program: parsing, help and usage errors are derived from the table, nothing is declared twice.
import { Command, CommanderError } from 'commander';

import { LazuliError } from '#core/errors';

import { Output } from './output';
import { VERBS } from './verbs/index';
import { Arguments, Options, type ArgumentSpec, type OptionSpec, type Verb } from './verb';

/** Runs the command line and returns its exit code; never throws. */
export async function runProgram(
  argv: readonly string[],
  version: string,
  signal: AbortSignal,
): Promise<number> {
  const output = new Output(argv.includes('--json'));
  let chosen: {
    verb: Verb;
    args: readonly string[];
    options: ReadonlyMap<string, readonly string[] | true>;
  } | null = null;
  const program = new Command('lazuli')
    .description('Builds, trains and looks into neural networks whose layers find their own sizes.')
    .version(version, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  for (const verb of VERBS) {
    const command = program.command(verb.name).description(verb.summary).exitOverride();
    for (const argument of verb.arguments) command.argument(argumentSyntax(argument), argument.help);
    for (const option of verb.options) addOption(command, option);
    command.option('--json', 'print JSON for programs');
    command.addHelpText('after', `\nExample:\n  ${verb.example}`);
    command.action((...given: unknown[]) => {
      chosen = {
        verb,
        args: command.args,
        options: optionValues(verb, command.opts<Record<string, unknown>>()),
      };
      void given;
    });
  }
  try {
    program.parse([...argv], { from: 'user' });
    // `chosen` is set by the action commander has just run.
    const call = chosen as {
      verb: Verb;
      args: readonly string[];
      options: ReadonlyMap<string, readonly string[] | true>;
    } | null;
    if (!call) return 0;
    await call.verb.run({
      args: new Arguments(call.args),
      options: new Options(call.options),
      output,
      signal,
    });
    output.endProgress();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, argv, output, program);
    // What was given up because of Ctrl-C ends in whatever error it met.
    const isStopped = signal.aborted && !(error instanceof LazuliError);
    return output.error(isStopped ? new LazuliError('interrupted', 'interrupted') : error);
  }
}

function usage(error: CommanderError, argv: readonly string[], output: Output, program: Command): number {
  if (error.exitCode === 0) return 0;
  const isBare = argv.every((word) => word === '--json');
  const message =
    isBare || error.code === 'commander.help'
      ? 'no verb was given'
      : error.message.replace(/^error: /, '').replace(/\n/g, ' ');
  const verb = VERBS.find(({ name }) => argv.includes(name));
  const hint = verb ? `lazuli ${verb.name} --help` : 'lazuli --help';
  if (isBare && !output.isJson) process.stderr.write(`${program.helpInformation()}\n`);
  return output.error(new LazuliError('usage', message, { hint }));
}

const argumentSyntax = ({ name, isOptional, isVariadic }: ArgumentSpec): string => {
  const text = isVariadic === true ? `${name}...` : name;
  return isOptional === true ? `[${text}]` : `<${text}>`;
};

function addOption(command: Command, option: OptionSpec): void {
  const flag = `--${option.flag}${option.value === undefined ? '' : ` <${option.value}>`}`;
  const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    value,
  ];
  if (option.value === undefined) command.option(flag, option.help);
  else if (option.isRequired === true) command.requiredOption(flag, option.help, collect);
  else command.option(flag, option.help, collect);
}

/** commander's camelCase values back under the flags they were given with. */
function optionValues(
  verb: Verb,
  values: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, readonly string[] | true> {
  return new Map(
    verb.options.flatMap(({ flag, isRepeatable }): [string, readonly string[] | true][] => {
      const value = values[flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
      if (value === true) return [[flag, true]];
      if (!Array.isArray(value)) return [];
      const texts = value.map(String);
      if (texts.length > 1 && isRepeatable !== true)
        throw new LazuliError('usage', `--${flag} is given ${texts.length} times`, {
          where: `--${flag}`,
          expected: 'once',
          got: `${texts.length} times`,
        });
      return [[flag, texts]];
    }),
  );
}

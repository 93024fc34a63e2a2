// What a file that was opened as a project is instead, and where it belongs, so that the refusal can say it.
import { isProjectFile } from '#core/document/file-type';
import type { DataSource } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { recognize } from '#core/formats/kinds';
import type { WeightFile } from '#core/formats/weights';

import { formatOf } from './datasets/describe';
import { withFile } from './files';
import { withWeights } from './inspect';

interface Other {
  /** `weights in safetensors`, `a PNG image`. */
  readonly what: string;
  /** What a project can do with it; null for nothing. */
  readonly use: 'weights' | 'data' | null;
}

const FORMATS = {
  torch: { what: 'weights of PyTorch', use: 'weights' },
  torch_legacy: { what: 'weights of PyTorch', use: 'weights' },
  torchscript: { what: 'weights of PyTorch', use: 'weights' },
  safetensors: { what: 'weights in safetensors', use: 'weights' },
  npy: { what: 'a NumPy array', use: 'data' },
  npz: { what: 'NumPy arrays', use: 'data' },
  csv: { what: 'a table', use: 'data' },
  text: { what: 'a text', use: 'data' },
  idx: { what: 'IDX arrays', use: 'data' },
} as const satisfies Record<WeightFile['format'] | DataSource['format'], Other>;
const HINTS = {
  weights: 'open a project and load these weights into it: Load weights…, or --weights',
  data: 'open a project and choose this file as its data: Choose data…, or --data',
} as const;
const LOOKED_AT = 512;

/** By its bytes where they are tensors, else by its name, else by what its bytes begin with; null for what may be meant as a project, and for what cannot be read. */
export async function otherThanProject(file: string): Promise<Other | null> {
  try {
    return (await weightsIn(file)) ?? named(file) ?? (await recognized(file));
  } catch {
    return null;
  }
}

/** The refusal of such a file; null where there is no better one than that of the project's reader. */
export async function notAProject(file: string): Promise<LazuliError | null> {
  const other = await otherThanProject(file);
  if (other === null) return null;
  const { what, use } = other;
  return new LazuliError('project_invalid', `${file} is no project: it holds ${what}`, {
    where: file,
    expected: 'a project (.lazuli)',
    got: what,
    ...(use === null ? {} : { hint: HINTS[use] }),
  });
}

async function weightsIn(file: string): Promise<Other | null> {
  try {
    return FORMATS[await withWeights(file, ({ format }) => Promise.resolve(format))];
  } catch {
    return null;
  }
}

/** Texts may be meant as a project: only what none can be is told from its bytes. */
const recognized = (file: string): Promise<Other | null> =>
  withFile(file, async (source) => {
    const start = await source.read(0, Math.min(LOOKED_AT, source.size));
    const kind = recognize(start, source);
    return kind === null || kind.what === 'a JSON text' ? null : { what: kind.what, use: null };
  });

function named(file: string): Other | null {
  if (isProjectFile(file)) return null;
  try {
    return FORMATS[formatOf(file)];
  } catch {
    return null;
  }
}

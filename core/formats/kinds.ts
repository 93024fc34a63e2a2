// What a file that is no weight file most likely is, told from its first bytes, so that the refusal can name it.
import { decodeText } from './bytes';
import type { ByteSource } from './weights';

export interface Kind {
  readonly what: string;
  readonly hint: string;
  /** What `torch.load` says to one. */
  readonly torch?: string;
}

const UNPACK = 'Unpack it and open the weight file inside.';
const CHOOSE = 'Choose the weight file.';
const PICKLE: Kind = {
  what: 'a bare Python pickle, not a torch file',
  hint: 'Load it where it was made and save it with torch.save. Nothing of it was run.',
};
const HTML: Kind = {
  what: 'an HTML page',
  hint: 'The download gave a web page (a login or an error) instead of the file.',
};

const MAGICS: readonly (readonly [readonly number[], Kind])[] = [
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], { what: 'a 7z archive', hint: UNPACK }],
  [[0x1f, 0x8b], { what: 'a gzip file', hint: UNPACK }],
  [[0x42, 0x5a, 0x68], { what: 'a bzip2 file', hint: UNPACK }],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], { what: 'an xz file', hint: UNPACK }],
  [[0x28, 0xb5, 0x2f, 0xfd], { what: 'a zstd file', hint: UNPACK }],
  [[0x4, 0x22, 0x4d, 0x18], { what: 'an lz4 file', hint: UNPACK }],
  [[0x4c, 0x5a, 0x49, 0x50], { what: 'an lzip file', hint: UNPACK }],
  [[0x5d, 0x0, 0x0], { what: 'an lzma file', hint: UNPACK }],
  [[0x1f, 0x9d], { what: 'a compress (.Z) file', hint: UNPACK }],
  [[0xff, 0x6, 0x0, 0x0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59], { what: 'a snappy file', hint: UNPACK }],
  [[0x78, 0x1], { what: 'a zlib stream', hint: UNPACK }],
  [[0x78, 0x9c], { what: 'a zlib stream', hint: UNPACK }],
  [[0x78, 0xda], { what: 'a zlib stream', hint: UNPACK }],
  [[0x52, 0x61, 0x72, 0x21], { what: 'a RAR archive', hint: UNPACK }],
  [[0x4d, 0x53, 0x43, 0x46], { what: 'a Windows cabinet', hint: UNPACK }],
  [[0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e], { what: 'an ar archive', hint: UNPACK }],
  [[0x30, 0x37, 0x30, 0x37, 0x30, 0x31], { what: 'a cpio archive', hint: UNPACK }],
  [[0x89, 0x48, 0x44, 0x46], { what: 'an HDF5 file (Keras)', hint: 'Convert it with Keras first.' }],
  [[0x47, 0x47, 0x55, 0x46], { what: 'a GGUF file', hint: 'Quantized llama.cpp weights cannot be opened.' }],
  [[0x67, 0x67, 0x6d, 0x6c], { what: 'a GGML file', hint: 'Quantized llama.cpp weights cannot be opened.' }],
  [[0x6c, 0x6d, 0x67, 0x67], { what: 'a GGML file', hint: 'Quantized llama.cpp weights cannot be opened.' }],
  [[0x89, 0x50, 0x4e, 0x47], { what: 'a PNG image', hint: CHOOSE }],
  [[0xff, 0xd8, 0xff], { what: 'a JPEG image', hint: CHOOSE }],
  [[0x47, 0x49, 0x46, 0x38], { what: 'a GIF image', hint: CHOOSE }],
  [[0x52, 0x49, 0x46, 0x46], { what: 'a RIFF file (WebP image, sound or video)', hint: CHOOSE }],
  [[0x25, 0x50, 0x44, 0x46], { what: 'a PDF document', hint: CHOOSE }],
  [[0x7f, 0x45, 0x4c, 0x46], { what: 'a program (ELF)', hint: CHOOSE }],
  [[0x4d, 0x5a], { what: 'a program (Windows)', hint: CHOOSE }],
  [[0xcf, 0xfa, 0xed, 0xfe], { what: 'a program (macOS)', hint: CHOOSE }],
  [[0xca, 0xfe, 0xba, 0xbe], { what: 'a program (Java or macOS)', hint: CHOOSE }],
  [
    [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66, 0x6f, 0x72, 0x6d, 0x61, 0x74, 0x20, 0x33, 0x0],
    { what: 'an SQLite database', hint: CHOOSE },
  ],
  [[0x50, 0x41, 0x52, 0x31], { what: 'a Parquet table', hint: CHOOSE }],
  [[0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], { what: 'an Arrow table', hint: CHOOSE }],
  // A pickled number, as the legacy container starts with.
  [[0x80, 0x2, 0x8a], { ...PICKLE, torch: 'Invalid magic number; corrupt file?' }],
  [[0x80], PICKLE],
];

/** What texts begin with, white space aside. Pickles of protocol 0 are texts: a mark, or a global in two lines. */
const TEXTS: readonly (readonly [RegExp, Kind])[] = [
  [/^<(!doctype|!--|\?xml|html|head|body|script|meta|title|error)/i, HTML],
  [
    /^version https?:\/\/(git-lfs|hawser|git-media)/,
    { what: 'a git-lfs pointer', hint: "Run 'git lfs pull' to get the real file." },
  ],
  [/^[{[]/, { what: 'a JSON text', hint: 'Choose the weight file itself.' }],
  [/^#!/, { what: 'a script', hint: CHOOSE }],
  [/^(\(d|\(l|\(c|\(i|c[\w.]+\r?\n[\w.]+\r?\n)/, PICKLE],
];

/** Null for what cannot be named. `start` is the file's first half a kilobyte. */
export function recognize(start: Uint8Array, { size, name }: ByteSource): Kind | null {
  if (size === 0)
    return { what: 'an empty file', hint: 'The save or download did not happen: get the file again.' };
  if (start.every((byte) => byte === 0))
    return { what: 'a file of zeros', hint: 'The disk lost it: get the file again.' };
  const magic = MAGICS.find(([prefix]) => prefix.every((byte, index) => start[index] === byte));
  if (magic !== undefined) return magic[1];
  if (decodeText(start.subarray(257, 262)) === 'ustar') {
    return {
      what: 'a tar archive (torch before 0.2, or any other)',
      hint: 'Save it again with a current PyTorch, or unpack it.',
    };
  }
  const text = Array.from(start.subarray(0, 128), (byte) => String.fromCharCode(byte))
    .join('')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  const found = TEXTS.find(([pattern]) => pattern.test(text));
  if (found !== undefined) return found[1];
  return /\.onnx$/i.test(name)
    ? { what: 'an ONNX model or something else called so', hint: 'Only weight files can be opened here.' }
    : null;
}

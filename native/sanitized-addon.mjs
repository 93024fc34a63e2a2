// Imported before the tests by sanitize.mjs: makes Node load the addon it names wherever the ordinary one is asked for.
const { dlopen } = process;
const sanitized = process.env.LAZULI_SANITIZED_ADDON;

process.dlopen = (module, file, ...rest) =>
  dlopen.call(process, module, file.endsWith('lazuli_native.node') ? sanitized : file, ...rest);

// Imported before the tests by tests-on.mjs: makes Node load the addon it names wherever the ordinary one is asked for.
const { dlopen } = process;
const other = process.env.LAZULI_OTHER_ADDON;

process.dlopen = (module, file, ...rest) =>
  dlopen.call(process, module, file.endsWith('lazuli_native.node') ? other : file, ...rest);

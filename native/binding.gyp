{
  # The CPU and GPU backends in plain C++ (lazuli_core), its hot loops once per instruction set (lazuli_avx2, lazuli_avx512 and its bfloat16 products; the
  # portable set is part of the core), and the thin N-API layer on top. Sources are found by folder: adding a file is enough.
  "variables": {
    "list": "node -p \"const fs=require('fs');process.argv.slice(1).flatMap(d=>fs.readdirSync('src/'+d).filter(f=>/\\.cc$/.test(f)&&!/_avx/.test(f)).map(f=>'src/'+d+'/'+f)).join(' ')\"",
    "optimization": ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"],
    # -Wno-restrict: GCC 12 warns wrongly about joining strings (its bug 105651).
    "warnings": ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-psabi", "-Wno-restrict"],
    "avx2": ["-mavx2", "-mfma", "-mf16c"],
    # The define tells emulate-avx512.mjs which sources these are.
    "avx512": ["-DLAZULI_AVX512", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mf16c"],
    "avx512bf16": ["<@(avx512)", "-mavx512bf16"],
  },
  "target_defaults": {
    "cflags!": ["-O2", "-O3"],
    # Not -O3 here: it would take away our own as well.
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti", "-fno-exceptions", "-O2"],
    "cflags_cc": ["-std=c++20", "-fexceptions", "-fvisibility=hidden", "<@(optimization)", "<@(warnings)"],
    "msbuild_toolset": "ClangCL",
    "msvs_settings": {
      "VCCLCompilerTool": { "ExceptionHandling": 1, "AdditionalOptions": ["/std:c++20"] },
    },
    "xcode_settings": {
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "MACOSX_DEPLOYMENT_TARGET": "12.0",
      "OTHER_CPLUSPLUSFLAGS": ["<@(optimization)", "<@(warnings)"],
    },
  },
  "targets": [
    {
      "target_name": "lazuli_core",
      "type": "static_library",
      "sources": ["<!@(<(list) cpu cpu/isa files gpu gpu/ops ops program tensor threads)"],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["lazuli_avx2", "lazuli_avx512", "lazuli_avx512bf16"], "defines": ["LAZULI_X86=1"] }],
      ],
    },
    {
      "target_name": "lazuli_native",
      "sources": ["<!@(<(list) binding)"],
      "dependencies": [
        "lazuli_core",
        "<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all",
      ],
      "defines": ["NAPI_VERSION=9", "NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED"],
      "conditions": [
        ["OS=='linux'", { "ldflags": ["-Wl,--as-needed", "-static-libstdc++", "-static-libgcc"], "libraries": ["-pthread", "-ldl"] }],
      ],
    },
  ],
  "conditions": [
    [
      "target_arch=='x64'",
      {
        "targets": [
          {
            "target_name": "lazuli_avx2",
            "type": "static_library",
            "sources": ["src/cpu/isa/isa_avx2.cc"],
            "cflags_cc": ["<@(avx2)"],
            "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(avx2)"] },
            "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["<@(avx2)"] } },
          },
          {
            "target_name": "lazuli_avx512",
            "type": "static_library",
            "sources": ["src/cpu/isa/isa_avx512.cc"],
            "cflags_cc": ["<@(avx512)"],
            "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(avx512)"] },
            "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["<@(avx512)"] } },
          },
          {
            "target_name": "lazuli_avx512bf16",
            "type": "static_library",
            "sources": ["src/cpu/isa/pairs_avx512bf16.cc"],
            "cflags_cc": ["<@(avx512bf16)"],
            "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(avx512bf16)"] },
            "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["<@(avx512bf16)"] } },
          },
        ],
      },
    ],
  ],
}

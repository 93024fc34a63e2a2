// What event-loop.mjs takes of the engine: one entry, so that all of it shares one backend.
export { cpuBackend, useThreads } from '#engine/backend';
export { writeWeightsFile } from '#engine/convert';
export { CNN, encoder, LARGE_ENCODER, MLP, projectOf } from '#engine/bench/models';
export { prepareStep } from '#engine/bench/steps';
export { readProjectFile } from '#engine/projects';
export { ModelSession } from '#engine/session';

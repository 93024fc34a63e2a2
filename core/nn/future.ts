// torch.__future__: how module conversions and loading put new values into parameters. Both modes are off unless somebody asks.
import type { Tensor } from '../tensor/tensor';
import { attributesOf } from './attributes';
import { Parameter } from './parameter';
import { isLazy } from './uninitialized';

const modes = { overwrite: false, swap: false };

/** `set_overwrite_module_params_on_conversion`: a conversion makes new Parameters, instead of new data for the same ones. */
export function setOverwriteModuleParamsOnConversion(value: boolean): void {
  modes.overwrite = value;
}
export const getOverwriteModuleParamsOnConversion = (): boolean => modes.overwrite;

/** `set_swap_module_params_on_conversion`: conversions and loads exchange the whole content of a Parameter with a new one's. */
export function setSwapModuleParamsOnConversion(value: boolean): void {
  modes.swap = value;
}
export const getSwapModuleParamsOnConversion = (): boolean => modes.swap;

/**
 * `torch.utils.swap_tensors` as modules use it: `parameter` stays the same object and becomes what a new Parameter of `data`
 * is, without attributes and no longer uninitialized. Throws what making that Parameter throws, and then nothing has changed.
 */
export function swapParameter(parameter: Parameter, data: Tensor): void {
  const fresh = new Parameter(data, { requiresGrad: parameter.requiresGrad });
  if (isLazy(parameter)) parameter.materialize([0]);
  for (const name of Object.keys(attributesOf(parameter))) Reflect.deleteProperty(parameter, name);
  parameter.setData(fresh);
}

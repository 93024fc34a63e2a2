// Which names of a module are taken before anything is registered: PyTorch's, not those of the methods here.

/** Marks a class whose methods have names of their own, which Python's module does not have: `call`, `invoke`. */
export const HAS_OWN_NAMES = Symbol('methods with names of this library');

/** dir(torch.nn.Module()) of PyTorch 2.14. */
const NAMES = `
  T_destination __call__ __class__ __delattr__ __dict__ __dir__ __doc__ __eq__ __format__ __ge__ __getattr__
  __getattribute__ __getstate__ __gt__ __hash__ __init__ __init_subclass__ __le__ __lt__ __module__ __ne__
  __new__ __reduce__ __reduce_ex__ __repr__ __setattr__ __setstate__ __sizeof__ __str__ __subclasshook__
  __weakref__ _apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl
  _forward_hooks _forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks
  _forward_pre_hooks_with_kwargs _get_backward_hooks _get_backward_pre_hooks _get_name
  _is_full_backward_hook _load_from_state_dict _load_state_dict_post_hooks _load_state_dict_pre_hooks
  _maybe_warn_non_full_backward_hook _modules _named_members _non_persistent_buffers_set _parameters
  _register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel
  _save_to_state_dict _slow_forward _state_dict_hooks _state_dict_pre_hooks _version _wrapped_call_impl
  add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
  extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict
  modules mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook
  register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
  register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
  register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook
  requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu
  zero_grad`;
const TAKEN: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));

/** Python's hasattr, registered members aside. A field that TypeScript declared without a value is undefined and does not count. */
export function isTaken(module: object, name: string): boolean {
  if (TAKEN.has(name)) return true;
  if (Reflect.get(module, name) === undefined) return false;
  for (let at: object | null = module; at !== null; at = Object.getPrototypeOf(at) as object | null)
    if (Object.hasOwn(at, name)) return !Object.hasOwn(at, HAS_OWN_NAMES) && at !== Object.prototype;
  return false;
}

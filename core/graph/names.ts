// Node names: state-dict prefixes that must also be Python attribute names, unique in the graph. How they are checked and made up.
import type { Graph } from '../document/project';
import { Module } from '../nn/module';
import { namesOf, type Taken } from './taken-names';

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Words Python keeps for itself; `self.class` does not compile. Source: Python 3 reference, section 2.3.1. */
const PYTHON_KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global ' +
    'if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

/** Attributes of torch.nn.Module a child may not hide (`attribute 'forward' already exists`). */
const MODULE_ATTRIBUTES = new Set(
  (
    'add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval extra_repr float ' +
    'forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers ' +
    'named_children named_modules named_parameters parameters register_backward_hook register_buffer ' +
    'register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook ' +
    'register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter ' +
    'register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory ' +
    'state_dict to to_empty train training type xpu zero_grad'
  ).split(' '),
);

export const MAX_NAME_LENGTH = 100;

/** What is wrong with a node name, as the end of a sentence (`is not a Python identifier`), or null. */
export function nameFault(name: string): string | null {
  if (name === '') return 'is empty';
  if (name.length > MAX_NAME_LENGTH) return `is longer than ${MAX_NAME_LENGTH} characters`;
  if (!IDENTIFIER.test(name))
    return 'is not an identifier: letters, digits and _ only, and no digit at the start';
  if (PYTHON_KEYWORDS.has(name)) return 'is a word of the Python language';
  if (name.startsWith('__')) return 'starts with two underscores, which Python keeps for itself';
  if (MODULE_ATTRIBUTES.has(name) || name in Module.prototype)
    return 'is an attribute of every torch.nn.Module';
  return null;
}

/** The same for a node of a flat graph: inside a block the names of the instances, and copies' numbers, stand before it. */
export function pathFault({ id, name }: { readonly id: string; readonly name: string }): string | null {
  if (!id.includes('/')) return nameFault(name);
  const faults = name.split('.').map((part) => (/^\d+$/.test(part) ? null : nameFault(part)));
  return faults.find((fault) => fault !== null) ?? null;
}

/** The nearest valid name: `3 conv` gives `_3_conv`. */
export function toValidName(text: string): string {
  const word = text.replace(/[^A-Za-z0-9_]+/g, '_').slice(0, MAX_NAME_LENGTH - 4);
  const name = /^[0-9]/.test(word) || word === '' ? `_${word}` : word.replace(/^_{2,}/, '_');
  return nameFault(name) === null ? name : `${name}_1`;
}

/** `base` itself when it is free, else its stem with the first free number: `conv2d_1` after `conv2d`, `fc2` after `fc1`. */
export const uniqueName = (base: string, taken: Iterable<string> | Taken): string =>
  new FreshNames('has' in taken ? taken : new Set(taken)).next(base);

/** Makes up several names, none of which is taken or was given before. */
export class FreshNames {
  readonly #taken: Taken;
  readonly #given = new Set<string>();
  /** By what stands before the number: all numbers from the first to the last are known to be in use. */
  readonly #used = new Map<string, { readonly first: number; readonly last: number }>();

  constructor(taken: Taken) {
    this.#taken = taken;
  }

  /** As `uniqueName` says. */
  next(base: string): string {
    const name = this.#free(toValidName(base));
    this.#given.add(name);
    return name;
  }

  /** Gives this very name where it is free. */
  take(name: string): boolean {
    if (this.#has(name)) return false;
    this.#given.add(name);
    return true;
  }

  #has(name: string): boolean {
    return this.#given.has(name) || this.#taken.has(name);
  }

  #free(valid: string): string {
    if (!this.#has(valid)) return valid;
    const [, stem = valid, digits] = /^(.*?)(\d+)$/.exec(valid) ?? [];
    const prefix = digits === undefined ? `${stem}_` : stem;
    const first = digits === undefined ? 1 : Number(digits) + 1;
    const used = this.#used.get(prefix);
    const isWithin = used !== undefined && first >= used.first && first <= used.last;
    let last = isWithin ? used.last + 1 : first;
    while (this.#has(`${prefix}${last}`)) last++;
    this.#used.set(prefix, { first: isWithin ? used.first : first, last });
    return `${prefix}${last}`;
  }
}

/** A name for a new node of layer `type`: `conv1`, `conv2` for conv2d; `linear1`, `relu1`. */
export function nameForLayer(type: string, graph: Graph): string {
  const taken = namesOf(graph.nodes);
  if (type === 'input' || type === 'output') return uniqueName(type, taken);
  const stem = type.replace(/\d+d$/, '').replace(/_$/, '');
  return uniqueName(`${stem}1`, taken);
}

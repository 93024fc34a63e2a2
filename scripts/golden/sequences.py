"""Calls torch.nn's recurrent and attention modules as the catalogue's layers are called: for scripts/golden/catalogue.py."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

# Options of our layers that are arguments of PyTorch's forward.
FORWARD_ONLY = ("is_causal", "tgt_is_causal", "average_attn_weights", "need_weights")
STACKED = {
    nn.TransformerEncoder: nn.TransformerEncoderLayer,
    nn.TransformerDecoder: nn.TransformerDecoderLayer,
}


def causal(length, width):
    return torch.full((length, width), float("-inf"), dtype=torch.float64).triu(1)


def added(mask, other):
    return mask if other is None else other if mask is None else mask + other


def states_of(given):
    return None if not given else tuple(given) if len(given) > 1 else given[0]


def built(target, options):
    """The module with the options its constructor has."""
    options = {key: value for key, value in options.items() if key not in FORWARD_ONLY}
    if target not in STACKED:
        return target(**options)
    num_layers, has_norm = options.pop("num_layers"), options.pop("norm")
    layer = STACKED[target](**options)
    norm = nn.LayerNorm(options["d_model"], eps=options["layer_norm_eps"], bias=options["bias"]) if has_norm else None
    return target(layer, num_layers, norm)


def sequence_module(target, options):
    """The module and a function of the inputs in the order of our ports; absent optional inputs are left out at the end."""
    module = built(target, options)
    time = 1 if options.get("batch_first") else 0

    def recurrent(x, *given):
        states = given[: 2 if isinstance(module, nn.LSTM) else 1]
        if len(given) == len(states):
            return module(x, states_of(states))
        first = options["batch_first"]
        packed = pack_padded_sequence(x, given[-1], batch_first=first, enforce_sorted=False)
        y, last = module(packed, states_of(states))
        return pad_packed_sequence(y, batch_first=first, total_length=x.shape[time])[0], last

    def length(tensor):
        return tensor.shape[time if tensor.dim() == 3 else 0]

    def attention(query, key, value, key_padding_mask=None, attn_mask=None):
        if options["is_causal"]:
            attn_mask = added(attn_mask, causal(length(query), length(key)))
        average = options["average_attn_weights"]
        return module(
            query, key, value, key_padding_mask=key_padding_mask, need_weights=options["need_weights"], attn_mask=attn_mask,
            average_attn_weights=average,
        )  # fmt: skip

    def encoder(src, mask=None, padding=None):
        if options["is_causal"]:
            mask = added(mask, causal(length(src), length(src)))
        return module(src, mask, src_key_padding_mask=padding)

    def decoder(tgt, memory, tgt_mask=None, *masks):
        if options["tgt_is_causal"]:
            tgt_mask = added(tgt_mask, causal(length(tgt), length(tgt)))
        return module(tgt, memory, tgt_mask, *masks)

    if isinstance(module, nn.MultiheadAttention):
        return module, attention
    if isinstance(module, (nn.TransformerEncoder, nn.TransformerEncoderLayer)):
        return module, encoder
    if isinstance(module, (nn.TransformerDecoder, nn.TransformerDecoderLayer)):
        return module, decoder
    if isinstance(module, nn.RNNBase):
        return module, recurrent
    if isinstance(module, nn.RNNCellBase):
        return module, lambda x, *states: module(x, states_of(states))
    return module, module

// English texts of the canvas, its cards and edges, and of the bar above. Part of core/text/en.ts.
export const EN_CANVAS = {
  'name.taken': 'is the name of another node',
  'name.fault': 'The name {fault}.',

  'count.tensors': '{count} tensors',
  'count.layers': '{count} {count:layer|layers}',

  'bar.notSaved': 'Not saved yet',
  'bar.unsaved': 'Unsaved changes',
  'bar.undo': 'Undo',
  'bar.redo': 'Redo',
  'bar.light': 'Switch to light',
  'bar.dark': 'Switch to dark',
  'bar.undoStep': 'Undo {step}',
  'bar.redoStep': 'Redo {step}',

  'announce.newProject': 'a new project',
  'announce.noProblems': 'No problems',
  'announce.undone': 'Undone: {step}',
  'announce.redone': 'Redone: {step}',
  'announce.opened': 'Opened {name}',
  'announce.shaped': '{count} {count:tensor|tensors} took their shape',
  'announce.problems': '{count} problems: {first}',

  'param.blank': 'inferred',
  'param.none': 'none',
  'param.inferred': 'inferred from the input',

  'fault.integer': 'expected an integer, got {got}',
  'fault.number': 'expected a number, got {got}',
  'fault.nothing': 'nothing',
  'fault.atLeast': 'expected at least {min}',
  'fault.between': 'expected {min} to {max}',

  'common.measuring': 'Measuring…',

  'after.wouldBecome': 'would become',
  'after.before': 'Before',
  'after.count': 'after: {count} {count:layer|layers} would change',

  'canvas.graph': 'Graph',
  'canvas.overview': 'Overview of the graph',

  'edge.outputToInput': 'An edge goes from an output to an input.',
  'edge.bothEnds': 'An edge needs a node at both ends.',
  'edge.itself': "'{name}' cannot be its own input.",
  'edge.twice': "'{from}' feeds this input of '{to}' already.",
  'edge.circle': "'{to}' already leads to '{from}': the edge would close a circle.",
  'edge.label': '{from} to {to}',

  'chip.waitsFor': 'waits for {what}',
  'chip.feed': 'uninitialized: feed a sample',
  'chip.uninitializedWaits': 'uninitialized: waits for {what}',

  'card.parametersOf': 'Parameters of {name}',
  'card.shared': 'weights shared',
  'card.tensorsWaiting': '{count} {count:tensor|tensors}, {waiting} uninitialized',
  'card.others': '+ {tensors}',
  'card.variadic': '(any number of edges)',

  'why.from': 'from',
  'why.sample': "the sample's {shape}",

  'note.resize': 'Resize note',
  'note.doubleClick': 'Double-click to write',
  'note.label': 'note, {text}',
  'note.empty': 'empty',

  'problem.expectedGot': 'expected {expected}, got {got}',
  'problem.another': 'another',
  'problem.error': 'Error',
  'problem.warning': 'Warning',
  'problem.at': '{severity} at {where}: {message}',
  'problem.more': 'and {count} more, mostly because of these',

  'palette.addLayer': 'Add layer',
  'palette.title': 'Command palette',
  'palette.search': 'Search commands, layers and nodes…',
  'palette.addFitting': 'Add a layer that fits…',
  'palette.addAny': 'Add a layer…',
  'palette.layers': 'Layers',
  'palette.blocks': 'Blocks',
  'palette.nodes': 'Nodes',
  'palette.found': '{count} found',
  'palette.noLayer': 'No layer is called “{query}”. Search knows PyTorch’s names too, like Conv2d.',

  'connect.port': 'Connect {kind} {port} of {name}',
  'connect.node': 'Connect {name}',
  'connect.whichPort': 'From which port of {name}?',
  'connect.whichInput': 'To which input?',
  'connect.whichOutput': 'From which output?',
  'connect.instead': 'instead of {name}',
  'connect.beside': 'beside {name}',

  'port.input': 'input',
  'port.output': 'output',
  'port.free': 'not connected',

  'shape.unknown': 'shape unknown',

  'list.and': ' and ',

  'recovery.neverSaved': 'never saved',
  'recovery.withValues': 'with parameter values',
  'recovery.older': 'the newest backup was damaged, this is the one before',
  'recovery.steps': '{count} {count:change|changes} to undo',

  'resize.more': 'and {count} more',
  'resize.what':
    '{count:This tensor loses its values and starts|These tensors lose their values and start} anew. Every parameter whose shape stays keeps its values. It can be undone.',

  'block.used': 'block {name}, used {count} {count:time|times}',
  'block.repeatFault': 'A whole number from 1 to 1000.',

  'choice.parametrization': 'Parametrization of {name}',
  'choice.freeze': 'Freeze {name}',
  'choice.initializer': 'Initializer of {name}',
  'choice.tie': 'Tie of {name}',
  'choice.tiedTo': 'tied to {name}',
  'choice.group': 'Optimizer group of {name}',

  'category.ends': 'Input and output',
  'category.linear': 'Linear',
  'category.convolution': 'Convolution',
  'category.pooling': 'Pooling',
  'category.normalization': 'Normalization',
  'category.activation': 'Activation',
  'category.recurrent': 'Recurrent',
  'category.attention': 'Attention',
  'category.shape': 'Shape',
  'category.regularization': 'Regularization',
  'category.embedding': 'Embedding',
  'category.arithmetic': 'Arithmetic',
  'category.loss': 'Losses of several inputs',

  'toast.expected': 'expected',
  'toast.got': 'got',
  'toast.where': 'where',

  'why.weights': 'from the loaded weights',
  'card.output': 'output',
  'card.result': 'result',
  'card.output.shapes': 'output {shapes}',
  'card.waiting': '{count} uninitialized',
  'port.input.row': 'input {name}, {edges}, {shape}',
  'port.output.row': 'output {name}, {shape}, {edges}',
  'port.from': 'from {names}',
  'port.to': 'to {names}',
  'severity.error': 'error',
  'severity.warning': 'warning',
} as const;

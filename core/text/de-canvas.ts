// German texts of the canvas, its cards and edges, and of the bar above. Part of core/text/de.ts.
import type { EN_CANVAS } from './en-canvas';

export const DE_CANVAS: { readonly [key in keyof typeof EN_CANVAS]: string } = {
  'name.taken': 'ist der Name eines anderen Knotens',
  'name.fault': 'Der Name {fault}.',

  'count.tensors': '{count} Tensoren',
  'count.layers': '{count} {count:Schicht|Schichten}',

  'bar.notSaved': 'Noch nicht gespeichert',
  'bar.unsaved': 'Ungespeicherte Änderungen',
  'bar.undo': 'Rückgängig',
  'bar.redo': 'Wiederholen',
  'bar.light': 'Zu hell wechseln',
  'bar.dark': 'Zu dunkel wechseln',
  'bar.undoStep': 'Rückgängig: {step}',
  'bar.redoStep': 'Wiederholen: {step}',

  'announce.newProject': 'ein neues Projekt',
  'announce.noProblems': 'Keine Probleme',
  'announce.undone': 'Rückgängig gemacht: {step}',
  'announce.redone': 'Wiederholt: {step}',
  'announce.opened': '{name} geöffnet',
  'announce.shaped': '{count} {count:Tensor hat seine|Tensoren haben ihre} Form bekommen',
  'announce.problems': '{count} Probleme: {first}',

  'param.blank': 'wird erschlossen',
  'param.none': 'keine Angabe',
  'param.on': 'an',
  'param.off': 'aus',
  'param.inferred': 'aus der Eingabe erschlossen',

  'fault.integer': 'erwartet eine ganze Zahl, bekommen {got}',
  'fault.number': 'erwartet eine Zahl, bekommen {got}',
  'fault.nothing': 'nichts',
  'fault.atLeast': 'erwartet mindestens {min}',
  'fault.between': 'erwartet {min} bis {max}',

  'common.measuring': 'Wird gemessen…',

  'after.wouldBecome': 'würde zu',
  'after.before': 'Vorher',
  'after.count': 'nachher: {count} {count:Schicht würde|Schichten würden} sich ändern',

  'canvas.graph': 'Graph',
  'canvas.overview': 'Übersicht des Graphen',

  'edge.outputToInput': 'Eine Kante führt von einer Ausgabe zu einer Eingabe.',
  'edge.bothEnds': 'Eine Kante braucht an beiden Enden einen Knoten.',
  'edge.itself': '„{name}“ kann nicht seine eigene Eingabe sein.',
  'edge.twice': '„{from}“ speist diese Eingabe von „{to}“ schon.',
  'edge.circle': '„{to}“ führt schon zu „{from}“: Die Kante schlösse einen Kreis.',
  'edge.label': '{from} nach {to}',

  'chip.waitsFor': 'wartet auf {what}',
  'chip.feed': 'uninitialisiert: eine Probe einspeisen',
  'chip.uninitializedWaits': 'uninitialisiert: wartet auf {what}',

  'card.parametersOf': 'Parameter von {name}',
  'card.shared': 'Gewichte geteilt',
  'card.tensorsWaiting': '{count} {count:Tensor|Tensoren}, {waiting} uninitialisiert',
  'card.others': '+ {tensors}',
  'card.variadic': '(beliebig viele Kanten)',

  'why.from': 'aus',
  'why.sample': 'der Probe {shape}',

  'note.resize': 'Notizgröße ändern',
  'note.doubleClick': 'Doppelklick zum Schreiben',
  'note.label': 'Notiz, {text}',
  'note.empty': 'leer',

  'problem.expectedGot': 'erwartet {expected}, bekommen {got}',
  'problem.another': 'etwas anderes',
  'problem.error': 'Fehler',
  'problem.warning': 'Warnung',
  'problem.at': '{severity} bei {where}: {message}',
  'problem.more': 'und {count} weitere, meist wegen dieser',

  'palette.addLayer': 'Schicht hinzufügen',
  'palette.title': 'Befehlspalette',
  'palette.search': 'Befehle, Schichten und Knoten suchen…',
  'palette.addFitting': 'Eine passende Schicht hinzufügen…',
  'palette.addAny': 'Eine Schicht hinzufügen…',
  'palette.layers': 'Schichten',
  'palette.blocks': 'Blöcke',
  'palette.nodes': 'Knoten',
  'palette.found': '{count} gefunden',
  'palette.noLayer':
    'Keine Schicht heißt „{query}“. Die Suche kennt auch die Namen von PyTorch, etwa Conv2d.',

  'connect.port': '{kind} {port} von {name} verbinden',
  'connect.node': '{name} verbinden',
  'connect.whichPort': 'Von welchem Anschluss von {name}?',
  'connect.whichInput': 'Zu welcher Eingabe?',
  'connect.whichOutput': 'Von welcher Ausgabe?',
  'connect.instead': 'statt {name}',
  'connect.beside': 'neben {name}',

  'port.input': 'Eingabe',
  'port.output': 'Ausgabe',
  'port.free': 'nicht verbunden',

  'shape.unknown': 'Form unbekannt',

  'list.and': ' und ',

  'recovery.neverSaved': 'nie gespeichert',
  'recovery.withValues': 'mit Parameterwerten',
  'recovery.older': 'die neueste Sicherung war beschädigt, dies ist die davor',
  'recovery.steps': '{count} {count:Änderung|Änderungen} rückgängig zu machen',

  'resize.more': 'und {count} weitere',
  'resize.what':
    '{count:Dieser Tensor verliert seine Werte und beginnt|Diese Tensoren verlieren ihre Werte und beginnen} neu. Jeder Parameter, dessen Form bleibt, behält seine Werte. Es lässt sich rückgängig machen.',

  'block.used': 'Block {name}, {count}-mal verwendet',
  'block.repeatFault': 'Eine ganze Zahl von 1 bis 1000.',

  'choice.parametrization': 'Parametrisierung von {name}',
  'choice.freeze': '{name} einfrieren',
  'choice.initializer': 'Initialisierung von {name}',
  'choice.tie': 'Bindung von {name}',
  'choice.own': 'ein eigener Parameter',
  'choice.ownRate': 'die Rate des Optimierers',
  'choice.inGroup': 'Gruppe {group}',
  'choice.magnitude': 'wie lang {name} in jeder Richtung ist',
  'choice.tiedTo': 'gebunden an {name}',
  'choice.group': 'Optimierergruppe von {name}',

  'category.ends': 'Ein- und Ausgabe',
  'category.linear': 'Linear',
  'category.convolution': 'Faltung',
  'category.pooling': 'Pooling',
  'category.normalization': 'Normalisierung',
  'category.activation': 'Aktivierung',
  'category.recurrent': 'Rekurrent',
  'category.attention': 'Aufmerksamkeit',
  'category.shape': 'Form',
  'category.regularization': 'Regularisierung',
  'category.embedding': 'Einbettung',
  'category.arithmetic': 'Rechnen',
  'category.loss': 'Verluste mehrerer Eingaben',

  'toast.expected': 'erwartet',
  'toast.got': 'bekommen',
  'toast.where': 'wo',

  'why.weights': 'aus den geladenen Gewichten',
  'card.output': 'Ausgang',
  'card.result': 'Ergebnis',
  'card.output.shapes': 'Ausgang {shapes}',
  'card.problems': '{count} {count:Problem|Probleme}',
  'card.unknown': 'unbekannt',
  'card.waiting': '{count} uninitialisiert',
  'port.input.row': 'Eingang {name}, {edges}, {shape}',
  'port.output.row': 'Ausgang {name}, {shape}, {edges}',
  'port.from': 'von {names}',
  'port.to': 'nach {names}',
  'severity.error': 'Fehler',
  'severity.warning': 'Warnung',
};

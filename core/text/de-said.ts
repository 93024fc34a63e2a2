// German of what is said in English where it is found out: problems of a graph, their repairs, and errors of the engine. See said.ts.
import type { SaidTable } from './said';

export const DE_SAID: SaidTable = {
  // Before what a layer of any kind is said by.
  "node '{name}', {param}": 'Knoten „{name}“, {param}',
  "block '{name}', {~rest}": 'Block „{name}“, {~rest}',
  // Problems of a graph (core/graph/diagnose).
  "The name '{name}' {~fault}": 'Der Name „{name}“ {~fault}',
  "Two nodes are called '{name}' (a {one} and a {other}): their weights would have the same keys":
    'Zwei Knoten heißen „{name}“ (ein {one} und ein {other}): Ihre Gewichte hätten dieselben Schlüssel',
  "Rename it, for example to '{name}'": 'Den Knoten umbenennen, etwa in „{name}“',
  "Rename one, for example to '{name}'": 'Einen umbenennen, etwa in „{name}“',
  "'{name}' is a layer of the unknown kind '{kind}'":
    '„{name}“ ist eine Schicht der unbekannten Art „{kind}“',
  "Use '{name}'": '„{name}“ verwenden',
  'Open the project with the version of Lazuli that wrote it':
    'Das Projekt mit der Version von Lazuli öffnen, die es geschrieben hat',
  "Remove '{name}'": '„{name}“ entfernen',
  'Remove it': 'Den Knoten entfernen',
  "An edge ends at the node '{name}', which does not exist":
    'Eine Kante endet am Knoten „{name}“, den es nicht gibt',
  "'{name}' has no output '{port}'": '„{name}“ hat keinen Ausgang „{port}“',
  "'{name}' has no input '{port}'": '„{name}“ hat keinen Eingang „{port}“',
  "Input '{port}' of '{name}' takes one edge and has two: from '{one}' and from '{other}'":
    'Der Eingang „{port}“ von „{name}“ nimmt eine Kante und hat zwei: von „{one}“ und von „{other}“',
  'Remove one of the edges': 'Eine der Kanten entfernen',
  'Join them with an add or concatenate node': 'Beide mit einem Knoten add oder concatenate zusammenführen',
  'The nodes run in a circle: {path}': 'Die Knoten laufen im Kreis: {path}',
  "Remove the edge from '{one}' to '{other}'": 'Die Kante von „{one}“ nach „{other}“ entfernen',
  'Remove another edge of the circle': 'Eine andere Kante des Kreises entfernen',
  'The graph has no {~kind} node: nothing says {~what}': 'Der Graph hat keinen {~kind}: Nichts sagt, {~what}',
  'where samples come in': 'wo Beispiele hereinkommen',
  'which value is the result': 'welcher Wert das Ergebnis ist',
  'Add an {~kind} node and connect it': 'Einen {~kind} hinzufügen und verbinden',
  "'{name}' leads to no output: it is never computed and its parameters never learn":
    '„{name}“ führt zu keiner Ausgabe: Der Knoten wird nie berechnet, und seine Parameter lernen nie',
  'Connect it towards an output node': 'Den Knoten in Richtung einer Ausgabe verbinden',
  "Input '{port}' of {layer} '{name}' is not connected":
    'Der Eingang „{port}“ von {layer} „{name}“ ist nicht verbunden',
  "Draw an edge to '{name}'": 'Eine Kante zu „{name}“ ziehen',
  'Change {where} or what it gets, so that it is {~expected}':
    '{where} ändern, oder was dort ankommt, sodass es {~expected} ist',
  "Leave {where} of '{name}' blank: the input decides it":
    '{where} von „{name}“ leer lassen: Die Eingabe entscheidet',
  "Set {where} of '{name}' to {got}": '{where} von „{name}“ auf {got} setzen',
  "Take the model back to uninitialized and feed a sample again: '{name}' was given {where} = {size} by an earlier one":
    'Das Modell auf uninitialisiert zurücksetzen und neu einspeisen: „{name}“ bekam {where} = {size} von einer früheren Probe',
  "Change '{name}' so that it gives {~expected}": '„{name}“ so ändern, dass {~expected} herauskommt',

  "{layer} '{name}', {~fault}": '{layer} „{name}“, {~fault}',
  '{where}: expected {~expected}, got {~got}': '{where}: erwartet {~expected}, bekommen {~got}',
  "{got} from '{name}'": '{got} von „{name}“',
  "{got} from the sample's {shape}": '{got} von der Probe {shape}',
  'expected {~expected}, got {~got}': 'erwartet {~expected}, bekommen {~got}',
  "{~fault}; the input comes from '{name}' ({shape})": '{~fault}; die Eingabe kommt von „{name}“ ({shape})',
  "{~fault}; the input comes from '{name}'": '{~fault}; die Eingabe kommt von „{name}“',
  "node '{name}'": 'Knoten „{name}“',
  "note '{text}'": 'Notiz „{text}“',
  'edge {path}': 'Kante {path}',
  graph: 'Graph',
  input: 'Eingabeknoten',
  output: 'Ausgabeknoten',
  before: 'vor',
  after: 'nach',
  none: 'nichts',

  'every size is given': 'jede Größe ist angegeben',

  // Names (core/graph/names).
  'is empty': 'ist leer',
  'is longer than {count} characters': 'ist länger als {count} Zeichen',
  'is not an identifier: letters, digits and _ only, and no digit at the start':
    'ist kein Bezeichner: nur Buchstaben, Ziffern und _, und keine Ziffer am Anfang',
  'is a word of the Python language': 'ist ein Wort der Sprache Python',
  'starts with two underscores, which Python keeps for itself':
    'beginnt mit zwei Unterstrichen, die Python sich vorbehält',
  'is an attribute of every torch.nn.Module': 'ist ein Attribut jedes torch.nn.Module',

  // What layers say of shapes and options (core/layers).
  'leave {param} blank to take it from the input': '{param} leer lassen: Dann gilt die Eingabe',
  '{count} dimensions': '{count} Achsen',
  'at least 1 dimension': 'mindestens 1 Achse',
  'at least 2 dimensions': 'mindestens 2 Achsen',
  'a scalar': 'ein Skalar',
  'an integer ≥ {min}': 'eine ganze Zahl ≥ {min}',
  'an integer from {min} to {max}': 'eine ganze Zahl von {min} bis {max}',
  'a number from {min} to {max}': 'eine Zahl von {min} bis {max}',
  'true or false': 'true oder false',
  'one of {options}': 'eines von {options}',
  '{name}: an input of {input} leaves an output of {output}; every size must be at least 1':
    '{name}: Eine Eingabe von {input} lässt eine Ausgabe von {output}; jede Größe muss mindestens 1 sein',
  'an input at least as large as the kernel': 'eine Eingabe mindestens so groß wie der Kern',
  'a multiple of {count}': 'ein Vielfaches von {count}',
  'at least one edge': 'mindestens eine Kante',
  'at least one {~kind} node': 'mindestens ein {~kind}',
  'one size or more': 'mindestens eine Größe',
  'sizes that broadcast with {shape}': 'Größen, die sich auf {shape} ausdehnen lassen',
  'make the kernel smaller, add padding, or remove a pooling before it':
    'den Kern verkleinern, Padding hinzufügen oder ein Pooling davor entfernen',
  'convert the input with a to layer': 'die Eingabe mit einer Schicht to umwandeln',
  'set the dtype of the input node to int64, or put a to layer before':
    'den dtype des Eingabeknotens auf int64 setzen oder eine Schicht to davorsetzen',

  // Repairs (core/graph/repairs).
  "Call it '{name}'": '„{name}“ nennen',
  "Feed again and initialize '{name}' anew": 'Neu einspeisen und „{name}“ neu initialisieren',
  "Leave {param} of '{name}' blank": '{param} von „{name}“ leer lassen',
  "Reset {param} of '{name}'": '{param} von „{name}“ zurücksetzen',
  "Set {param} of '{name}' to {number}": '{param} von „{name}“ auf {number} setzen',
  "Connect '{one}' to '{other}'": '„{one}“ mit „{other}“ verbinden',
  "Connect '{one}' to {port} of '{other}'": '„{one}“ mit {port} von „{other}“ verbinden',
  "Connect {port} of '{one}' to '{other}'": '{port} von „{one}“ mit „{other}“ verbinden',
  "Join '{one}' and '{other}' by {name}": '„{one}“ und „{other}“ durch {name} zusammenführen',
  "Make '{name}' a {kind}": '„{name}“ zu {kind} machen',
  'Remove the edge': 'Die Kante entfernen',
  'Insert {name} into the edge': '{name} in die Kante einfügen',
  "Add an {layer} {~place} '{name}'": 'Einen Knoten {layer} {~place} „{name}“ hinzufügen',

  // Errors of data and training (engine).
  '{file} does not exist': '{file} gibt es nicht',
  '{file} could not be read: {reason}': '{file} konnte nicht gelesen werden: {reason}',
  '{file} could not be written: {reason}': '{file} konnte nicht geschrieben werden: {reason}',
  '{file} is not a file': '{file} ist keine Datei',
  'the project names no data': 'Das Projekt nennt keine Daten',
  '{file} has {got} {what} for {count} samples': '{file} hat {got} {what} für {count} Beispiele',
  '{file}: a sample has {count} values ({shape}), not {wanted}':
    '{file}: Ein Beispiel hat {count} Werte ({shape}), nicht {wanted}',
  '{file}: no kind of data file is called like this': '{file}: So heißt keine Art von Datendatei',
  '{file}: the target of sample {row} is not a number': '{file}: Das Ziel von Beispiel {row} ist keine Zahl',
  '{file}: the text is shorter than one sample': '{file}: Der Text ist kürzer als ein Beispiel',
  '{file}: the array has no samples': '{file}: Das Array hat keine Beispiele',
  "{file} has no array '{name}'": '{file} hat kein Array „{name}“',
  '{count} parameters are uninitialized, first {name}':
    '{count} Parameter sind uninitialisiert, zuerst {name}',
  'there are no samples to train on': 'Es gibt keine Beispiele zum Trainieren',
  'every parameter is frozen: nothing would learn': 'Jeder Parameter ist eingefroren: Nichts würde lernen',
  'thaw the parameters that are to learn, or use lazuli evaluate':
    'die Parameter auftauen, die lernen sollen, oder lazuli evaluate verwenden',
  'the loss became {value} in step {step} of epoch {epoch}':
    'Der Verlust wurde {value}, in Schritt {step} von Epoche {epoch}',
  'lower the learning rate (it is {rate}), normalize the data, or look for odd values in it':
    'die Lernrate senken (sie ist {rate}), die Daten normalisieren oder darin nach sonderbaren Werten suchen',
  'the norm of the gradients is not finite, so they cannot be clipped':
    'Die Norm der Gradienten ist nicht endlich; sie lassen sich nicht beschneiden',
  'the model gives {scores} scores per sample, and the data has {count} classes':
    'Das Modell gibt {scores} Werte je Beispiel, und die Daten haben {count} Klassen',
  'set out_features of the last layer to {count}': 'out_features der letzten Schicht auf {count} setzen',
  'the output {output} does not fit the targets {target}: {~why}':
    'Die Ausgabe {output} passt nicht zu den Zielen {target}: {~why}',
  '{loss} compares numbers, and the targets are classes':
    '{loss} vergleicht Zahlen, und die Ziele sind Klassen',
  'say that the target is numbers': 'angeben, dass das Ziel Zahlen sind',
  '{loss} takes two classes, and the data has {count}':
    '{loss} nimmt zwei Klassen, und die Daten haben {count}',
  '{file}: no target is chosen, and {loss} needs one':
    '{file}: Es ist kein Ziel gewählt, und {loss} braucht eines',
  'training in batches of {batch} needs {need} of memory, the limit is {most}':
    'Training in Batches von {batch} braucht {need} Speicher, die Grenze ist {most}',
  'take a smaller batch size; accumulate keeps the samples of a step':
    'einen kleineren Batch nehmen; accumulate erhält die Beispiele eines Schritts',
  'bfloat16 precision needs a float32 model, and this one is {dtype}':
    'Die Genauigkeit bfloat16 braucht ein Modell in float32, und dieses ist {dtype}',
  'set the project’s dtype to float32, or the precision to full':
    'den dtype des Projekts auf float32 setzen oder die Genauigkeit auf voll',
  'predictions are shown where each sample has one class':
    'Vorhersagen werden gezeigt, wo jedes Beispiel eine Klasse hat',
  'only a model that learned from a text writes one':
    'Nur ein Modell, das aus einem Text gelernt hat, schreibt einen',
  'the GPU cannot be used: {reason}': 'Die GPU ist nicht benutzbar: {reason}',
  'the model is being trained': 'Das Modell wird gerade trainiert',
  'The weights file {file} is missing: the parameters are uninitialized. Feed a sample to begin anew':
    'Die Gewichtsdatei {file} fehlt: Die Parameter sind uninitialisiert. Um neu zu beginnen, eine Probe einspeisen',
  '{~fault}. The project is open without these weights; they are kept as they are until you save':
    '{~fault}. Das Projekt ist ohne diese Gewichte geöffnet; sie bleiben, wie sie sind, bis gespeichert wird',
  'The newest backup was damaged and is kept aside; this is the one before':
    'Die neueste Sicherung war beschädigt und liegt beiseite; dies ist die davor',
  'Its parameter values did not come back: {~fault}': 'Die Werte der Parameter kamen nicht zurück: {~fault}',
  'this unsaved work is no longer there': 'Diese ungesicherte Arbeit ist nicht mehr da',
  "A training step of {batch} samples on {device} takes {time} (median of {steps}); of it no layer's: {~parts}. Where ops of several layers run as one, what is done on the way counts with the layer it is done in; the rest is told by their number of ops":
    'Ein Trainingsschritt mit {batch} Beispielen auf {device} dauert {time} (Median von {steps}); keiner Schicht gehören davon: {~parts}. Wo Ops mehrerer Schichten als eine laufen, zählt bei jeder, was in ihr auf dem Weg geschieht; der Rest wird nach der Zahl ihrer Ops verteilt',
  'taking samples {data}, loss and metrics {loss}, optimizer {update}, other {other}':
    'Beispiele holen {data}, Verlust und Metriken {loss}, Optimierer {update}, Übriges {other}',
  'no training is running': 'Es läuft kein Training',
  'run {id} left no checkpoint to go on from': 'Lauf {id} hat keinen Zwischenstand hinterlassen',
  'choose a data file in the Sample panel, or give --data':
    'eine Datendatei im Bereich „Probe“ wählen, oder --data angeben',
  'stop the training first': 'das Training zuerst beenden',
  'use a larger batch': 'einen größeren Batch nehmen',
  'nothing was changed: a file of that name is as it was; choose another place or make room':
    'Nichts wurde geändert: Eine Datei dieses Namens ist, wie sie war; einen anderen Ort wählen oder Platz schaffen',
  '{file} is a project, not a weights file': '{file} ist ein Projekt, keine Gewichtsdatei',
  'open it with File › Open': 'mit Datei › Öffnen öffnen',
  'What was dropped is no file of this computer': 'Was abgelegt wurde, ist keine Datei dieses Rechners',
  '{count} files were dropped at once': '{count} Dateien wurden auf einmal abgelegt',
  'did you mean {name}?': 'war {name} gemeint?',
};

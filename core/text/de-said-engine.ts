// German of errors and notes of the engine that are met now and then: data, the history of runs, parameters, losses, checkpoints.
// The rest is in de-said.ts; see said.ts.
import type { SaidTable } from './said';

export const DE_SAID_ENGINE: SaidTable = {
  // While a run goes on (main/window-state).
  'Cannot {~what} while training is running': 'Während des Trainings geht das nicht: {~what}',
  'open another project': 'ein anderes Projekt öffnen',
  'choose other data': 'andere Daten wählen',
  'feed a sample': 'eine Probe einspeisen',
  'go back to uninitialized': 'zu uninitialisiert zurückgehen',
  'undo a change of parameters': 'eine Änderung der Parameter zurücknehmen',
  'load weights': 'Gewichte laden',
  'initialize parameters anew': 'Parameter neu initialisieren',
  'change a value': 'einen Wert ändern',
  'go back to a run': 'zu einem Lauf zurückgehen',
  'go on from a run': 'einen Lauf fortsetzen',
  'start another training': 'ein weiteres Training beginnen',
  'ask what another training needs': 'den Bedarf eines weiteren Trainings vorhersagen',
  'look for a learning rate': 'eine Lernrate suchen',
  'no training is running: start this one instead': 'Es läuft kein Training: dieses stattdessen beginnen',
  '{device} must wait: another run uses the other GPU':
    '{device} muss warten: Ein anderer Lauf nutzt die andere GPU',

  // Why a device cannot be used (engine/backend, native/src/gpu/instance.cc).
  'no GPU with a Vulkan driver was found': 'keine GPU mit einem Vulkan-Treiber gefunden',
  'a software driver, slower than the CPU backend ({has})':
    'ein Treiber in Software, langsamer als die CPU ({has})',
  'its driver knows Vulkan {version}, and 1.2 is needed ({has})':
    'der Treiber kennt Vulkan {version}, nötig ist 1.2 ({has})',
  'it lacks {what} ({has})': 'es fehlt: {what} ({has})',
  'Vulkan does not start: {~why}': 'Vulkan startet nicht: {~why}',
  'no driver is installed': 'kein Treiber ist installiert',
  'the driver does not start': 'der Treiber startet nicht',
  'a layer that was asked for is not installed': 'eine verlangte Schicht ist nicht installiert',
  'no Vulkan loader ({loader}) is installed; graphics drivers bring it':
    'kein Vulkan-Loader ({loader}) ist installiert; Grafiktreiber bringen ihn mit',

  '{file} does not hold what was written to it': '{file} enthält nicht, was hineingeschrieben wurde',
  'something else writes to this file, or the disk fails; save to another place':
    'etwas anderes schreibt in diese Datei, oder der Datenträger versagt; anderswo speichern',
  '{folder} could not be made: {reason}': '{folder} ließ sich nicht anlegen: {reason}',

  // What is opened as a project and is none (engine/not-a-project, main/handlers/files).
  '{file} is no project: it holds {~what}': '{file} ist kein Projekt: Die Datei enthält {~what}',
  '{file} holds {~what}, not weights': '{file} enthält {~what}, keine Gewichte',
  'choose it in the Sample panel: Choose data…': 'im Bereich „Probe“ wählen: Daten wählen…',
  'a project (.lazuli)': 'ein Projekt (.lazuli)',
  'weights of PyTorch': 'Gewichte von PyTorch',
  'weights in safetensors': 'Gewichte in safetensors',
  'a NumPy array': 'ein NumPy-Array',
  'NumPy arrays': 'NumPy-Arrays',
  'IDX arrays': 'IDX-Arrays',
  'a table': 'eine Tabelle',
  'a text': 'einen Text',
  'a PNG image': 'ein PNG-Bild',
  'a JPEG image': 'ein JPEG-Bild',
  'a GIF image': 'ein GIF-Bild',
  'a PDF document': 'ein PDF-Dokument',
  'an HTML page': 'eine HTML-Seite',
  'open a project and load these weights into it: Load weights…, or --weights':
    'ein Projekt öffnen und diese Gewichte hineinladen: Gewichte laden…, oder --weights',
  'open a project and choose this file as its data: Choose data…, or --data':
    'ein Projekt öffnen und diese Datei als seine Daten wählen: Daten wählen…, oder --data',
  'Lazuli opens no files like {name}': 'Lazuli öffnet keine Dateien wie {name}',
  '{name} is a folder': '{name} ist ein Ordner',
  'a folder': 'ein Ordner',
  'no extension': 'keine Endung',
  'one file': 'eine Datei',
  'a project (.lazuli), weights (.pt, .pth, .bin, .safetensors, .npz) or data (.csv, .tsv, .npy, .npz, IDX)':
    'ein Projekt (.lazuli), Gewichte (.pt, .pth, .bin, .safetensors, .npz) oder Daten (.csv, .tsv, .npy, .npz, IDX)',
  'pictures are read as arrays (.npy, .npz, IDX) or as a table of their pixels':
    'Bilder werden als Arrays (.npy, .npz, IDX) oder als Tabelle ihrer Pixel gelesen',

  // Data (engine/datasets, engine/feeds).
  '{count} empty lines were skipped': '{count} leere Zeilen wurden übergangen',
  'Line ends of carriage return and line feed are read as one line feed':
    'Zeilenenden aus Wagenrücklauf und Zeilenvorschub werden als ein Zeilenvorschub gelesen',
  '{file}: a text feeds one input and has one target':
    '{file}: Ein Text speist eine Eingabe und hat ein Ziel',
  'the {what} names no file': '{what} nennt keine Datei',
  '{file}: no kind of data file is called like this': '{file}: Keine Art von Datendatei heißt so',
  '{file}: arrays of {dtype} cannot be used as samples':
    '{file}: Arrays aus {dtype} können keine Beispiele sein',
  '{file}: a class is told by one column, not by {width}':
    '{file}: Eine Klasse steht in einer Spalte, nicht in {width}',
  'say that the target is numbers': 'als Ziel Zahlen angeben',
  '{file}: a target has the shape {shape}': '{file}: Ein Ziel hat die Form {shape}',
  '{file}: a target has the class {value}': '{file}: Ein Ziel hat die Klasse {value}',
  '{where}: the model does not know the character {character}':
    '{where}: Das Modell kennt das Zeichen {character} nicht',
  'it knows the characters of the text it was trained on':
    'es kennt die Zeichen des Textes, aus dem es gelernt hat',
  'change the input shape or the input columns': 'die Beispielform oder die Eingabespalten ändern',
  'choose a longer text or a shorter sample': 'einen längeren Text oder ein kürzeres Beispiel wählen',
  'text targets are classes: set the target kind to class':
    'Ziele aus Text sind Klassen: als Ziel eine Klasse wählen',
  '{file}: which class has which number is not known':
    '{file}: Welche Klasse welche Nummer hat, ist nicht bekannt',
  "the data does not say what feeds the input '{name}'":
    'Die Daten sagen nicht, was die Eingabe „{name}“ speist',
  'the graph has no input that leads to an output': 'Der Graph hat keine Eingabe, die zu einer Ausgabe führt',
  'connect an input node through layers to an output node':
    'einen Eingabeknoten durch Schichten mit einem Ausgabeknoten verbinden',

  // The history of runs (engine/history).
  'the run history {file} is damaged: {got}': 'Der Verlauf der Läufe {file} ist beschädigt: {got}',
  'move the file away to begin a new history; sqlite3 FILE .recover may save what is in it':
    'die Datei wegschieben, um einen neuen Verlauf zu beginnen; sqlite3 FILE .recover rettet vielleicht ihren Inhalt',
  'the run history {file} cannot be used: {reason}':
    'Der Verlauf der Läufe {file} lässt sich nicht benutzen: {reason}',
  'runs go on all the same; they are not recorded until this is mended':
    'Läufe gehen trotzdem weiter; bis das behoben ist, werden sie nicht aufgezeichnet',
  '{file} is a database of something else': '{file} ist eine Datenbank von etwas anderem',
  'move it away: runs are recorded under this name':
    'sie wegschieben: Unter diesem Namen werden Läufe aufgezeichnet',
  'the run history {file} was written by a newer Lazuli':
    'Den Verlauf der Läufe {file} schrieb ein neueres Lazuli',
  'update Lazuli; until then runs are not recorded here':
    'Lazuli aktualisieren; bis dahin werden hier keine Läufe aufgezeichnet',
  'run {id} is still going on': 'Lauf {id} ist noch im Gange',
  'stop it first': 'ihn zuerst beenden',
  'there is no run {id}': 'Es gibt keinen Lauf {id}',

  // Parameters (engine/model).
  'the model has no tensor {name} at node {node}': 'Das Modell hat am Knoten {node} keinen Tensor {name}',
  'it may have gone with an edit; look at the list again':
    'vielleicht ging er mit einer Änderung; noch einmal in die Liste sehen',
  '{name} is uninitialized: it has no values yet': '{name} ist uninitialisiert und hat noch keine Werte',
  'feed a sample first': 'zuerst eine Probe einspeisen',
  '{name} has too many values to copy as text': '{name} hat zu viele Werte, um sie als Text zu kopieren',
  'save the weights as .npz and use numpy.load': 'die Gewichte als .npz speichern und mit numpy.load öffnen',
  '{name} has no value {index}': '{name} hat keinen Wert {index}',
  '{name} holds whole numbers ({dtype})': '{name} enthält ganze Zahlen ({dtype})',
  '{name} is tied to another parameter': '{name} ist an einen anderen Parameter gebunden',
  'initialize the one it is tied to': 'den initialisieren, an den er gebunden ist',
  'the parameters of revision {revision} are no longer kept':
    'Die Parameter des Stands {revision} sind nicht mehr aufgehoben',
  'the model has no node {node} that runs': 'Das Modell hat keinen Knoten {node}, der rechnet',
  'connect it, or look at its problems': 'ihn verbinden oder seine Probleme ansehen',

  // Training: losses, optimizers, checkpoints (engine/training).
  "{loss} has no slot '{slot}'": '{loss} hat keinen Platz „{slot}“',
  "{loss}: the data has no target '{target}'": '{loss}: Die Daten haben kein Ziel „{target}“',
  "{loss}: the graph has no {kind} node '{id}' that runs":
    '{loss}: Der Graph hat keinen Knoten {kind} „{id}“, der rechnet',
  'choose it again in the Training panel': 'ihn im Bereich „Training“ neu wählen',
  "{loss} compares more outputs than the graph has: nothing is left for '{slot}'":
    '{loss} vergleicht mehr Ausgaben, als der Graph hat: Für „{slot}“ bleibt nichts',
  '{loss} takes two classes, -1 and 1, and the data has {count}':
    '{loss} nimmt zwei Klassen, -1 und 1, und die Daten haben {count}',
  '{loss} cannot compare {shapes}: {~fault}': '{loss} kann {shapes} nicht vergleichen: {~fault}',
  'the losses of a project add up means or sums, not both':
    'Die Verluste eines Projekts addieren Mittel oder Summen, nicht beides',
  '{loss}: training needs one number, so reduction cannot be none':
    '{loss}: Das Training braucht eine Zahl, also kann reduction nicht none sein',
  "the run does not compute '{metric}'": 'Der Lauf berechnet „{metric}“ nicht',
  '{loss} compares no output with a target of the data':
    '{loss} vergleicht keine Ausgabe mit einem Ziel der Daten',
  'the model does not foresee a character at each place':
    'Das Modell sagt nicht an jeder Stelle ein Zeichen voraus',
  "{optimizer} doesn't support per-parameter options (parameter groups)":
    '{optimizer} kennt keine Gruppen von Parametern',
  'take the tensors out of their groups, or choose another optimizer':
    'die Tensoren aus ihren Gruppen nehmen oder einen anderen Optimierer wählen',
  'freeze it, leave biases out (bias = false), or choose another optimizer':
    'ihn einfrieren, ohne bias auskommen (bias = false) oder einen anderen Optimierer wählen',
  '{file} was written under another learning-rate scheduler':
    '{file} entstand unter einem anderen Plan der Lernrate',
  '{file} is not a checkpoint of a training run: it has no {missing}':
    '{file} ist kein Zwischenstand eines Laufs: Es fehlt {missing}',
  '{file} was written by the optimizer {saved}, not {wanted}':
    '{file} schrieb der Optimierer {saved}, nicht {wanted}',
  "{file}: the optimizer's {key} does not fit": '{file}: {key} des Optimierers passt nicht',
  'times by layer are not measured while a run goes on there':
    'Zeiten je Schicht werden nicht gemessen, während dort ein Lauf im Gange ist',
  'look again when the run has ended': 'nach dem Ende des Laufs noch einmal ansehen',
};

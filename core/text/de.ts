// German. What is missing here stands in English.
import type { Translation } from './text';

export const DE: Translation = {
  'menu.openRecent': 'Zuletzt geöffnet',
  'palette.commands': 'Befehle',

  'drop.title': 'Zum Öffnen loslassen',
  'drop.what': 'ein Projekt, Gewichte oder Daten',
  'drop.refused': 'Das Abgelegte wurde nicht geöffnet',
  'drop.isData': '{name} sind jetzt die Daten',

  'section.appearance': 'Darstellung',
  'section.canvas': 'Zeichenfläche',
  'section.training': 'Training',
  'section.runs': 'Verlauf der Läufe',
  'settings.title': 'Einstellungen',
  'settings.search': 'Einstellungen und Tastenkürzel suchen',
  'settings.list': 'Alle Einstellungen',
  'settings.shortcuts': 'Tastenkürzel',
  'settings.nothing': 'Keine Einstellung und kein Tastenkürzel heißt „{query}“.',
  'settings.noLimit': 'ohne Grenze',
  'settings.wholeNumber': 'Eine ganze Zahl von 1 bis {most}, oder nichts für keine Grenze',
  'settings.notKept': 'Die Einstellung wurde nicht gespeichert',
  'setting.language': 'Sprache',
  'setting.language.help':
    'Der Menüs, Befehle und Texte des Fensters. Die Namen von PyTorch bleiben, wie sie sind.',
  'setting.language.system': 'wie das System',
  'setting.theme': 'Farbschema',
  'setting.theme.help': 'Hell oder dunkel.',
  'setting.theme.system': 'wie das System',
  'setting.theme.light': 'hell',
  'setting.theme.dark': 'dunkel',
  'setting.contrast': 'Kontrast',
  'setting.contrast.help':
    'Kräftigere Linien und Schrift, und Ränder, wo sonst nur eine Farbe einen Zustand zeigt.',
  'setting.contrast.system': 'wie das System',
  'setting.contrast.normal': 'normal',
  'setting.contrast.more': 'hoch',
  'setting.snapping': 'An Hilfslinien ausrichten',
  'setting.snapping.help': 'Gezogene Karten rasten an Kanten und Mitten anderer ein.',
  'setting.notifications': 'Ende eines Laufs melden',
  'setting.notifications.help': 'Über das System, solange das Fenster nicht vorn ist.',
  'setting.tensorboard': 'TensorBoard-Ereignisse schreiben',
  'setting.tensorboard.help': 'In den Ordner tensorboard bei den Läufen des Projekts.',
  'setting.keptRuns': 'Läufe, die ihre Gewichte behalten',
  'setting.keptRuns.help':
    'Endet ein Lauf, verlieren ältere über diese Zahl hinaus Gewichte und Zwischenstände. Ihre Aufzeichnung bleibt; Läufe mit Stern verlieren nichts.',
  'setting.keptMegabytes': 'Megabyte an Gewichten',
  'setting.keptMegabytes.help':
    'Dasselbe für die Größe aller zusammen, die neuesten zuerst. Der neueste Lauf behält seine Gewichte immer.',

  'runs.restore': 'Wiederherstellen',
  'runs.restore.help':
    'Holt das Projekt von damals und die besten Gewichte zurück; lässt sich rückgängig machen',
  'runs.continue': 'Fortsetzen',
  'runs.continue.help':
    'Setzt den Lauf von seinem Zwischenstand als neuen fort, als wäre er nie angehalten worden',
  'runs.continue.none':
    'Nur ein angehaltener oder abgebrochener Lauf, der seinen Zwischenstand noch hat, lässt sich fortsetzen',
  'runs.continueStep': 'Lauf {run} fortsetzen',
  'runs.notContinued': 'Lauf {run} wurde nicht fortgesetzt; nichts hat sich geändert',
  'runs.deleteFiles': 'Gewichte löschen…',
  'runs.deleteFiles.help': 'Schafft Platz: Einstellungen und Kurven bleiben im Verlauf',
  'runs.delete': 'Löschen…',
  'runs.exportRuns': 'Läufe exportieren…',
  'runs.exportCurves': 'Kurven exportieren…',
  'runs.chosen': 'Gewählte Läufe',
  'runs.recorded': 'Aufgezeichnete Läufe',
  'runs.none': 'Jedes Training bleibt hier: seine Einstellungen, seine Kurve und seine besten Gewichte.',
  'runs.choose': 'Läufe wählen, um ihre Kurven übereinander zu sehen und was sie unterscheidet.',
  'runs.star': 'Dateien von Lauf {run} behalten',
  'runs.notStarred': 'Lauf {run} wurde nicht markiert',
  'runs.nothingDeleted': 'Nichts wurde gelöscht',
  'runs.freed': '{bytes} sind frei',
  'runs.continues': 'Fortsetzung von Lauf {run}',
  'runs.use': '{bytes} in den Gewichten von {count} {count:Lauf|Läufen}',
  'runs.use.all': 'alle behalten ihre',
  'runs.use.some': 'die neuesten {count} und die mit Stern behalten ihre',
  'runs.use.size': 'höchstens {megabytes} MB, ohne die mit Stern',
  'runs.limits': 'Grenzen…',

  'tour.label': 'Rundgang durch das Fenster',
  'tour.step': 'Schritt {step} von {steps}',
  'tour.next': 'Weiter',
  'tour.back': 'Zurück',
  'tour.skip': 'Rundgang überspringen',
  'tour.end': 'Fertig',
  'tour.graph.title': 'Das Netz',
  'tour.graph.text':
    'Jede Karte ist eine Schicht, jede Linie trägt einen Tensor. Gestrichelte Felder sind Parameter noch ohne Form: Die Größe der Eingabe wurde ihren Schichten nicht genannt, und das muss sie auch nicht.',
  'tour.feed.title': 'Eine Probe einspeisen',
  'tour.feed.text':
    'Ein Stapel der Daten legt jede offen gelassene Größe fest. „Probe einspeisen“ drücken; es lässt sich rückgängig machen.',
  'tour.shapes.title': 'Die Formen ansehen',
  'tour.shapes.text':
    'Die Felder sind nun gefüllt, und jede Linie zeigt, was sie führt. Auf eine Zahl zeigen oder eine Karte wählen, um zu sehen, woher sie kommt.',
  'tour.train.title': 'Trainieren',
  'tour.train.text':
    'Hier beginnt das Training. Unten entsteht dabei die Kurve, und jeder Lauf bleibt im Verlauf.',
  'tour.save.title': 'Speichern',
  'tour.save.text':
    'Das Projekt und daneben eine Datei mit Gewichten, die torch.load öffnet. Alles Weitere steht in der Befehlspalette.',
};

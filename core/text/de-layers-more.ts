// German summaries of layers and help of their options, by the English text that declares them: shape, padding, dropout, embeddings,
// arithmetic and losses. Others are de-layers.
export const DE_LAYERS_MORE: Readonly<Record<string, string>> = {
  'Joins several axes into one; goes between convolutions and linear layers.':
    'Fasst mehrere Achsen zu einer zusammen; gehört zwischen Faltungen und lineare Schichten.',
  'First axis to join.': 'Erste Achse, die zusammengefasst wird.',
  'Last axis to join; -1 is the last one.': 'Letzte Achse, die zusammengefasst wird; -1 ist die letzte.',
  'Splits one axis into several, such as a row of pixels into an image.':
    'Zerlegt eine Achse in mehrere, etwa eine Zeile von Pixeln in ein Bild.',
  'Axis to split.': 'Achse, die zerlegt wird.',
  'Sizes it becomes; one of them may be -1.': 'Größen, in die sie zerfällt; eine davon darf -1 sein.',
  'Gives the same values another shape, batch included.':
    'Gibt denselben Werten eine andere Form, den Batch eingeschlossen.',
  'Sizes of the output, batch first; one of them may be -1 and is found.':
    'Größen der Ausgabe, der Batch zuerst; eine davon darf -1 sein und wird ermittelt.',
  'Puts axes in another order.': 'Ordnet die Achsen anders an.',
  'For each output axis the input axis it was.':
    'Für jede Achse der Ausgabe die Achse der Eingabe, die sie war.',
  'Swaps two axes.': 'Vertauscht zwei Achsen.',
  'One axis.': 'Die eine Achse.',
  'The other axis.': 'Die andere Achse.',
  'Takes away an axis of size 1.': 'Nimmt eine Achse der Größe 1 weg.',
  'The axis; it stays where its size is not 1.': 'Die Achse; sie bleibt, wo ihre Größe nicht 1 ist.',
  'Adds an axis of size 1, such as the one channel of grey images.':
    'Fügt eine Achse der Größe 1 hinzu, etwa den einen Kanal grauer Bilder.',
  'Where the new axis stands; negative counts from the end.':
    'Wo die neue Achse steht; negative zählen vom Ende.',
  'Takes a part along an axis.': 'Nimmt einen Teil entlang einer Achse.',
  'Axis to cut; negative counts from the end.': 'Achse, die geschnitten wird; negative zählen vom Ende.',
  'First place; negative counts from the end; blank: the first.':
    'Erste Stelle; negative zählen vom Ende; leer: die erste.',
  'Past the last place; negative counts from the end; blank: to the end.':
    'Eine nach der letzten Stelle; negative zählen vom Ende; leer: bis zum Ende.',
  'Distance between the places.': 'Abstand der Stellen.',
  'Cuts its input along an axis into parts of sizes you choose.':
    'Schneidet die Eingabe entlang einer Achse in Teile gewählter Größe.',
  'Size of each part; each gets an output.': 'Größe jedes Teils; jeder bekommt eine Ausgabe.',
  'Cuts its input along an axis into equal parts.':
    'Schneidet die Eingabe entlang einer Achse in gleiche Teile.',
  'How many parts; each gets an output.': 'Wie viele Teile; jeder bekommt eine Ausgabe.',
  'Repeats its input along axes.': 'Wiederholt die Eingabe entlang von Achsen.',
  'How often, for each axis; the last number is the last axis.':
    'Wie oft, für jede Achse; die letzte Zahl gilt der letzten Achse.',
  'Adds to both ends of any of the last axes.': 'Fügt an beiden Enden beliebiger letzter Achsen etwas an.',
  'Amounts before and after each axis, the last axis first; negative ones crop.':
    'Anzahl vor und nach jeder Achse, die letzte Achse zuerst; negative schneiden ab.',
  'What is added: a number, or the input continued.':
    'Was hinzukommt: eine Zahl, oder die Eingabe fortgesetzt.',
  'The number that is added.': 'Die Zahl, die hinzukommt.',
  'Copies its input along axes of size 1, and along new ones in front.':
    'Kopiert die Eingabe entlang von Achsen der Größe 1 und entlang neuer davor.',
  'Size of each axis; -1 keeps it as it is.': 'Größe jeder Achse; -1 lässt sie, wie sie ist.',
  'Moves its input along axes; what leaves at one end comes in at the other.':
    'Verschiebt die Eingabe entlang von Achsen; was an einem Ende hinausgeht, kommt am anderen herein.',
  'By how many places, for each of dims.': 'Um wie viele Stellen, für jede von dims.',
  'Axes to move along; negative counts from the end.':
    'Achsen, entlang derer verschoben wird; negative zählen vom Ende.',
  'Turns axes round: the last comes first.': 'Kehrt Achsen um: Das Letzte kommt zuerst.',
  'Axes to turn; negative counts from the end.': 'Achsen, die umgekehrt werden; negative zählen vom Ende.',
  'Keeps the lower triangle of the last two axes; the rest becomes 0.':
    'Behält das untere Dreieck der letzten beiden Achsen; der Rest wird 0.',
  'The diagonal that bounds it: 0 the main one, above it more, below it less.':
    'Die Diagonale, die es begrenzt: 0 ist die Hauptdiagonale, darüber ist es mehr, darunter weniger.',
  'Keeps the upper triangle of the last two axes; the rest becomes 0.':
    'Behält das obere Dreieck der letzten beiden Achsen; der Rest wird 0.',
  'Picks values along an axis by an index of whole numbers.':
    'Greift entlang einer Achse Werte über einen Index ganzer Zahlen heraus.',
  'Axis that the index is of; negative counts from the end.':
    'Achse, zu der der Index gehört; negative zählen vom Ende.',
  'Adds values where an index of whole numbers points along an axis.':
    'Addiert Werte dort, wohin ein Index ganzer Zahlen entlang einer Achse zeigt.',
  'Puts values in order along an axis, and tells where each stood.':
    'Ordnet die Werte entlang einer Achse und sagt, wo jeder stand.',
  'Axis to order; negative counts from the end.': 'Achse, die geordnet wird; negative zählen vom Ende.',
  'The largest comes first.': 'Das Größte kommt zuerst.',
  'The largest few values along an axis, and where each stood.':
    'Die wenigen größten Werte entlang einer Achse, und wo jeder stand.',
  'How many.': 'Wie viele.',
  'The largest; without it the smallest.': 'Die größten; ohne dies die kleinsten.',
  'Turns channels into a larger image.': 'Macht aus Kanälen ein größeres Bild.',
  'How much height and width grow.': 'Wie viel Höhe und Breite wachsen.',
  'Turns an image into more channels of a smaller one.': 'Macht aus einem Bild mehr Kanäle eines kleineren.',
  'How much height and width shrink.': 'Wie viel Höhe und Breite schrumpfen.',
  'Interleaves groups of channels, so that grouped convolutions mix.':
    'Verschränkt Gruppen von Kanälen, sodass gruppierte Faltungen sich mischen.',
  'Resizes a sequence, an image or a volume.':
    'Ändert die Größe einer Folge, eines Bildes oder eines Volumens.',
  'Sizes of the output, one for all axes or one each; blank: by scale_factor.':
    'Größen der Ausgabe, eine für alle Achsen oder je eine; leer: nach scale_factor.',
  'How much each axis grows, one for all axes or one each; blank: by size.':
    'Wie viel jede Achse wächst, ein Faktor für alle oder je einer; leer: nach size.',
  'How values between are found; linear for sequences, bilinear and bicubic for images, trilinear for volumes.':
    'Wie Werte dazwischen gefunden werden: linear für Folgen, bilinear und bicubic für Bilder, trilinear für Volumen.',
  'Keeps the corner values where they are; not for nearest.':
    'Lässt die Eckwerte, wo sie sind; nicht bei nearest.',
  'Computes with the ratio of the sizes instead of scale_factor, from which it differs where sizes are rounded.':
    'Rechnet mit dem Verhältnis der Größen statt mit scale_factor, von dem es abweicht, wo Größen gerundet werden.',
  'Resizes an image by the nearest pixel.': 'Ändert die Größe eines Bildes nach dem nächsten Pixel.',
  'Resizes an image bilinearly, with its corners aligned.':
    'Ändert die Größe eines Bildes bilinear, Ecke auf Ecke.',
  'Cuts an image into patches, each a column.': 'Zerschneidet ein Bild in Ausschnitte, jeder eine Spalte.',
  'Height and width of a patch.': 'Höhe und Breite eines Ausschnitts.',
  'Distance between the points of a patch.': 'Abstand der Punkte eines Ausschnitts.',
  'Zeros added on all sides first.': 'Nullen, die zuvor auf allen Seiten hinzukommen.',
  'Steps between patches.': 'Schrittweite von Ausschnitt zu Ausschnitt.',
  'Puts patches back into an image; where they overlap they add up.':
    'Setzt Ausschnitte wieder zu einem Bild zusammen; wo sie sich überlappen, werden sie addiert.',
  'Height and width of the image.': 'Höhe und Breite des Bildes.',
  'Adds zeros around.': 'Fügt ringsum Nullen hinzu.',
  'Adds a number around.': 'Fügt ringsum eine Zahl hinzu.',
  'What is added.': 'Was hinzukommt.',
  'Continues the input as in a mirror.': 'Setzt die Eingabe wie in einem Spiegel fort.',
  'Continues the input with its border.': 'Setzt die Eingabe mit ihrem Rand fort.',
  'Continues the input with its other end.': 'Setzt die Eingabe mit ihrem anderen Ende fort.',
  'Passes its input on unchanged.': 'Gibt die Eingabe unverändert weiter.',
  'Sets random values to 0 while training, so that none is relied on.':
    'Setzt im Training zufällige Werte auf 0, damit sich das Netz auf keinen verlässt.',
  'Probability that a value becomes 0.': 'Wahrscheinlichkeit, mit der ein Wert 0 wird.',
  'Sets random whole channels to 0 while training.': 'Setzt im Training zufällige ganze Kanäle auf 0.',
  'A dropout that keeps mean and variance; goes with selu.':
    'Ein Dropout, das Mittel und Varianz erhält; gehört zu selu.',
  'A dropout of whole channels that keeps mean and variance; goes with selu.':
    'Ein Dropout ganzer Kanäle, das Mittel und Varianz erhält; gehört zu selu.',
  'Looks up a learned row for each number, such as a word or a category.':
    'Schlägt zu jeder Zahl, etwa einem Wort oder einer Kategorie, eine gelernte Zeile nach.',
  'Rows of the table: numbers go from 0 to one less. PyTorch has no lazy form, since the shape of a sample does not tell it.':
    'Zeilen der Tabelle: Zahlen gehen von 0 bis eins weniger. PyTorch hat keine Lazy-Form davon, weil die Form einer Probe es nicht verrät.',
  'Size of each row.': 'Größe jeder Zeile.',
  'Rows that are used and longer than this are shortened to it, for good.':
    'Zeilen, die benutzt werden und länger sind, werden darauf gekürzt, und zwar endgültig.',
  'Power of the norm of max_norm.': 'Potenz der Norm von max_norm.',
  'Divides the gradient of a row by how often it is looked up.':
    'Teilt den Gradienten einer Zeile dadurch, wie oft sie nachgeschlagen wird.',
  'Row that stays as it is, and starts at 0; negative counts from the end.':
    'Zeile, die bleibt, wie sie ist, und mit 0 beginnt; negative zählen vom Ende.',
  'Looks up a learned row for each number and gives the sum, mean or maximum of each bag.':
    'Schlägt zu jeder Zahl eine gelernte Zeile nach und gibt Summe, Mittel oder Maximum jeder Gruppe.',
  'What becomes of the rows of a bag.': 'Was aus den Zeilen einer Gruppe wird.',
  'The last of the offsets is the end of the last bag, and starts none.':
    'Der letzte der offsets ist das Ende der letzten Gruppe und beginnt keine.',
  'Row that counts in no bag and starts at 0; negative counts from the end.':
    'Zeile, die in keiner Gruppe zählt und mit 0 beginnt; negative zählen vom Ende.',
  'The sum of its inputs; a skip connection ends here.':
    'Die Summe der Eingaben; hier endet eine Skip-Verbindung.',
  'The product of its inputs, element by element; a gate.':
    'Das Produkt der Eingaben, Element für Element; ein Gate.',
  'The first input minus the second.': 'Die erste Eingabe minus die zweite.',
  'The first input divided by the second.': 'Die erste Eingabe geteilt durch die zweite.',
  'The first input to the power of the second.': 'Die erste Eingabe hoch die zweite.',
  'Each value to the power of a number.': 'Jeder Wert hoch eine Zahl.',
  'The power.': 'Der Exponent.',
  'Smallest value; blank: none.': 'Kleinster Wert; leer: keiner.',
  'Largest value; blank: none.': 'Größter Wert; leer: keiner.',
  'The size of each value.': 'Der Betrag jedes Werts.',
  'Each value with the other sign.': 'Jeder Wert mit dem anderen Vorzeichen.',
  '-1, 0 or 1: on which side of 0 each value is.': '-1, 0 oder 1: auf welcher Seite von 0 jeder Wert liegt.',
  'Each value times itself.': 'Jeder Wert mal sich selbst.',
  'The square root of each value.': 'Die Quadratwurzel jedes Werts.',
  '1 over the square root of each value.': '1 durch die Quadratwurzel jedes Werts.',
  '1 over each value.': '1 durch jeden Wert.',
  'The exponential of each value.': 'Die Exponentialfunktion jedes Werts.',
  'The exponential of each value less 1, exact near 0.':
    'Die Exponentialfunktion jedes Werts minus 1, genau auch nahe 0.',
  'The natural logarithm of each value.': 'Der natürliche Logarithmus jedes Werts.',
  'The natural logarithm of 1 plus each value, exact near 0.':
    'Der natürliche Logarithmus von 1 plus jeden Wert, genau auch nahe 0.',
  'The sine of each value.': 'Der Sinus jedes Werts.',
  'The cosine of each value.': 'Der Kosinus jedes Werts.',
  'The error function of each value.': 'Die Fehlerfunktion jedes Werts.',
  'The next whole number below each value.': 'Die nächste ganze Zahl unter jedem Wert.',
  'The next whole number above each value.': 'Die nächste ganze Zahl über jedem Wert.',
  'The nearest whole number; of two the even one.': 'Die nächste ganze Zahl; von zweien die gerade.',
  'Every product of a value of one list and one of another.':
    'Jedes Produkt eines Werts der einen Liste mit einem der anderen.',
  'Joins its inputs along an axis.': 'Fügt die Eingaben entlang einer Achse aneinander.',
  'Axis to join along; 1 joins channels or features.':
    'Achse, entlang derer gefügt wird; 1 fügt Kanäle oder Merkmale aneinander.',
  'Joins its inputs along a new axis.': 'Fügt die Eingaben entlang einer neuen Achse aneinander.',
  'Holds where the first input is larger.': 'Wahr, wo die erste Eingabe größer ist.',
  'Holds where the first input is larger or equal.': 'Wahr, wo die erste Eingabe größer oder gleich ist.',
  'Holds where the first input is smaller.': 'Wahr, wo die erste Eingabe kleiner ist.',
  'Holds where the first input is smaller or equal.': 'Wahr, wo die erste Eingabe kleiner oder gleich ist.',
  'Holds where both inputs are equal.': 'Wahr, wo beide Eingaben gleich sind.',
  'Holds where both inputs differ.': 'Wahr, wo beide Eingaben verschieden sind.',
  'Chooses between two inputs, value by value: the first where a condition is above 0.':
    'Wählt Wert für Wert zwischen zwei Eingaben: die erste, wo eine Bedingung über 0 liegt.',
  'Replaces values by a number where a mask is above 0.':
    'Ersetzt Werte durch eine Zahl, wo eine Maske über 0 liegt.',
  'What masked values become.': 'Was aus maskierten Werten wird.',
  'Holds where the input is 0.': 'Wahr, wo die Eingabe 0 ist.',
  'Bits that both inputs have; of two masks where both hold.':
    'Bits, die beide Eingaben haben; bei zwei Masken, wo beide gelten.',
  'Bits that either input has; of two masks where either holds.':
    'Bits, die eine der Eingaben hat; bei zwei Masken, wo wenigstens eine gilt.',
  'Bits that one input has; of two masks where just one holds.':
    'Bits, die genau eine Eingabe hat; bei zwei Masken, wo nur eine gilt.',
  'Every bit turned; of a mask the opposite.': 'Jedes Bit umgekehrt; bei einer Maske das Gegenteil.',
  'The first number divided by the second, rounded down. It has no gradient.':
    'Die erste Zahl geteilt durch die zweite, abgerundet. Das hat keinen Gradienten.',
  'What is left of the first number after dividing by the second; it has the sign of the second.':
    'Der Rest der ersten Zahl beim Teilen durch die zweite; er hat das Vorzeichen der zweiten.',
  'The larger of two inputs, value by value.': 'Die größere zweier Eingaben, Wert für Wert.',
  'The smaller of two inputs, value by value.': 'Die kleinere zweier Eingaben, Wert für Wert.',
  'The sum of everything up to each place along an axis.':
    'Die Summe von allem bis zu jeder Stelle entlang einer Achse.',
  'Axis to sum along; negative counts from the end.':
    'Achse, entlang derer summiert wird; negative zählen vom Ende.',
  'The product of everything up to each place along an axis.':
    'Das Produkt von allem bis zu jeder Stelle entlang einer Achse.',
  'Axis to multiply along; negative counts from the end.':
    'Achse, entlang derer multipliziert wird; negative zählen vom Ende.',
  'The place of the largest value along an axis, as a whole number; the first of equal ones.':
    'Die Stelle des größten Werts entlang einer Achse, als ganze Zahl; von gleichen die erste.',
  'Axis to look along; negative counts from the end.':
    'Achse, entlang derer gesucht wird; negative zählen vom Ende.',
  'Keeps the axis with size 1.': 'Behält die Achse mit Größe 1.',
  'The place of the smallest value along an axis, as a whole number; the first of equal ones.':
    'Die Stelle des kleinsten Werts entlang einer Achse, als ganze Zahl; von gleichen die erste.',
  'A row per class number: 1 at its place, 0 elsewhere.':
    'Eine Zeile je Klassennummer: 1 an ihrer Stelle, sonst 0.',
  'Classes, and so the size of the new axis.': 'Klassen, und damit die Größe der neuen Achse.',
  'Converts to another dtype: numbers to whole numbers, to truths, and back.':
    'Wandelt in einen anderen dtype: Zahlen in ganze Zahlen, in Wahrheitswerte, und zurück.',
  'Dtype of the output.': 'Der dtype der Ausgabe.',
  'A number in the shape of its input.': 'Eine Zahl in der Form der Eingabe.',
  'The number.': 'Die Zahl.',
  'The mean along axes.': 'Der Mittelwert entlang von Achsen.',
  'Axes to reduce; negative counts from the end.':
    'Achsen, die zusammengefasst werden; negative zählen vom Ende.',
  'Keeps the axes with size 1.': 'Behält die Achsen mit Größe 1.',
  'The sum along axes.': 'Die Summe entlang von Achsen.',
  'The product along an axis.': 'Das Produkt entlang einer Achse.',
  'The largest value along axes.': 'Der größte Wert entlang von Achsen.',
  'The smallest value along axes.': 'Der kleinste Wert entlang von Achsen.',
  'The variance along axes.': 'Die Varianz entlang von Achsen.',
  'Taken off the count that the squares are divided by: 1 for a sample, 0 for all there is.':
    'Wird von der Anzahl abgezogen, durch die die Quadrate geteilt werden: 1 für eine Stichprobe, 0 für die Gesamtheit.',
  'The standard deviation along axes.': 'Die Standardabweichung entlang von Achsen.',
  'The logarithm of the sum of exponentials along axes: a smooth largest value.':
    'Der Logarithmus der Summe der Exponentialfunktionen entlang von Achsen: ein glattes Maximum.',
  'The norm along axes: the length of vectors.': 'Die Norm entlang von Achsen: die Länge von Vektoren.',
  'Scales vectors to length 1.': 'Bringt Vektoren auf die Länge 1.',
  'Axes along which the vectors lie; negative counts from the end.':
    'Achsen, entlang derer die Vektoren liegen; negative zählen vom Ende.',
  'Power of the norm: 2 is the usual length, 1 the sum of sizes, Infinity the largest.':
    'Potenz der Norm: 2 ist die übliche Länge, 1 die Summe der Beträge, Infinity der größte.',
  'How far two inputs point the same way, from -1 to 1.':
    'Wie sehr zwei Eingaben in dieselbe Richtung zeigen, von -1 bis 1.',
  'Axis of the vectors.': 'Achse der Vektoren.',
  'Keeps a division by a length of 0 finite.': 'Hält eine Division durch die Länge 0 endlich.',
  'The distance of two inputs, row by row.': 'Der Abstand zweier Eingaben, Zeile für Zeile.',
  'Power of the norm: 2 is the usual length, 1 the sum of differences, Infinity the largest.':
    'Potenz der Norm: 2 ist die übliche Länge, 1 die Summe der Unterschiede, Infinity der größte.',
  'A loss that pulls an anchor to what is alike and pushes it from what is not.':
    'Ein Verlust, der einen Anker zu Ähnlichem zieht und von anderem wegdrückt.',
  'As triplet_margin, with the plain distance.': 'Wie triplet_margin, mit dem einfachen Abstand.',
  'A loss that turns pairs towards each other where the target is 1, and apart where it is -1.':
    'Ein Verlust, der Paare einander zuwendet, wo das Ziel 1 ist, und voneinander weg, wo es -1 ist.',
  'A loss that ranks: the first input above the second where the target is 1, below where it is -1.':
    'Ein Verlust für Rangfolgen: die erste Eingabe über der zweiten, wo das Ziel 1 ist, darunter, wo es -1 ist.',
  'A loss for predicting a number and how sure it is: a mean and a variance.':
    'Ein Verlust für die Vorhersage einer Zahl und ihrer Sicherheit: ein Mittel und eine Varianz.',
  'A loss for sequences of labels whose times are not known, such as speech or handwriting.':
    'Ein Verlust für Folgen von Labels, deren Zeitpunkte unbekannt sind, etwa Sprache oder Handschrift.',
  'A last layer and loss for very many classes: rare ones are looked at in groups, with fewer weights.':
    'Eine letzte Schicht samt Verlust für sehr viele Klassen: Seltene werden in Gruppen betrachtet, mit weniger Gewichten.',
  'Classes, the most common first.': 'Klassen, die häufigsten zuerst.',
  'Where the groups of rarer classes start.': 'Wo die Gruppen der selteneren Klassen beginnen.',
  'How much smaller the weights of each rarer group are.':
    'Wie viel weniger Gewichte jede seltenere Gruppe hat.',
  'Adds a learnable number per common class and group.':
    'Addiert je häufige Klasse und je Gruppe eine gelernte Zahl.',
  'A last linear layer and the cross entropy of its scores.':
    'Eine letzte lineare Schicht und die Kreuzentropie ihrer Werte.',
  'Classes.': 'Klassen.',
  'Sizes of what is classified in each row; none: one class per row.':
    'Größen dessen, was in jeder Zeile klassifiziert wird; keine: eine Klasse je Zeile.',
  'Adds a learnable number per class.': 'Addiert je Klasse eine gelernte Zahl.',
};

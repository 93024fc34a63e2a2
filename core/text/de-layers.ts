// German summaries of layers and help of their options, by the English text that declares them: layers of weights, pooling, activations,
// sequences and attention. Others are de-layers-more.
export const DE_LAYERS: Readonly<Record<string, string>> = {
  'Where the samples come in.': 'Hier kommen die Beispiele herein.',
  'Shape of one sample, without the batch; blank: the data tells it.':
    'Form eines Beispiels ohne Batch; leer: die Daten geben sie an.',
  'float32 or float64: numbers, in the dtype of the project; int64 and int32: whole numbers, such as words for an embedding; bool: a mask.':
    'float32 oder float64: Zahlen, im dtype des Projekts; int64 und int32: ganze Zahlen, etwa Wörter für ein Embedding; bool: eine Maske.',
  'Where a result goes out: the loss reads it, predict writes it.':
    'Hier geht ein Ergebnis hinaus: Der Verlust liest es, die Vorhersage schreibt es.',
  'Multiplies the last axis by a weight matrix and adds a bias.':
    'Multipliziert die letzte Achse mit einer Gewichtsmatrix und addiert einen Bias.',
  'Size of the last input axis.': 'Größe der letzten Achse der Eingabe.',
  'Size of the last output axis.': 'Größe der letzten Achse der Ausgabe.',
  'Adds a learnable number to each output.': 'Addiert zu jeder Ausgabe eine gelernte Zahl.',
  'Combines two inputs through a learned product of each pair of their features.':
    'Verknüpft zwei Eingaben über ein gelerntes Produkt aller Paare ihrer Merkmale.',
  'Size of the last axis of the first input.': 'Größe der letzten Achse der ersten Eingabe.',
  'Size of the last axis of the second input.': 'Größe der letzten Achse der zweiten Eingabe.',
  'The matrix product of two inputs, such as queries and keys.':
    'Das Matrixprodukt zweier Eingaben, etwa von Queries und Keys.',
  'A matrix product added to its input: beta · input + alpha · mat1 · mat2.':
    'Ein Matrixprodukt, das zur Eingabe addiert wird: beta · input + alpha · mat1 · mat2.',
  'The product of a matrix and a vector added to its input.':
    'Das Produkt einer Matrix und eines Vektors, das zur Eingabe addiert wird.',
  'The matrix products of a batch, each added to its part of the input.':
    'Die Matrixprodukte eines Batches, jedes zu seinem Teil der Eingabe addiert.',
  'The sum of a batch of matrix products added to its input.':
    'Die Summe der Matrixprodukte eines Batches, zur Eingabe addiert.',
  'Factor of the input.': 'Faktor der Eingabe.',
  'Factor of the product.': 'Faktor des Produkts.',
  'Multiplies inputs along axes named by letters.':
    'Multipliziert Eingaben entlang von Achsen, die Buchstaben benennen.',
  'A letter for each axis of each input, then those of the output; what it leaves out is summed, and ... is all other axes.':
    'Ein Buchstabe für jede Achse jeder Eingabe, dann die der Ausgabe; was ihr fehlt, wird summiert, und ... sind alle übrigen Achsen.',
  'Slides learned filters along a sequence.': 'Schiebt gelernte Filter an einer Folge entlang.',
  'Channels of the input.': 'Kanäle der Eingabe.',
  'Filters, and so channels of the output.': 'Filter, und damit Kanäle der Ausgabe.',
  'Size of the window.': 'Größe des Fensters.',
  'Steps between windows.': 'Schrittweite von Fenster zu Fenster.',
  'Added on both sides of each axis; "same" keeps the size, "valid" adds nothing.':
    'Kommt auf beiden Seiten jeder Achse hinzu; „same“ erhält die Größe, „valid“ fügt nichts hinzu.',
  'Distance between the points of a window.': 'Abstand der Punkte eines Fensters.',
  'Splits channels into groups that do not mix; equal to in_channels: depthwise.':
    'Teilt die Kanäle in Gruppen, die sich nicht mischen; gleich in_channels: depthwise.',
  'Adds a learnable number per output channel.': 'Addiert zu jedem Ausgabekanal eine gelernte Zahl.',
  'What the padding holds.': 'Womit das Padding gefüllt wird.',
  'Slides learned filters over an image.': 'Schiebt gelernte Filter über ein Bild.',
  'Slides learned filters through a volume.': 'Schiebt gelernte Filter durch ein Volumen.',
  'Grows a sequence by spreading each point over a learned filter.':
    'Vergrößert eine Folge: Jeder Punkt breitet sich über einen gelernten Filter aus.',
  'Channels of the output.': 'Kanäle der Ausgabe.',
  'Size of the window each input point spreads over.':
    'Größe des Fensters, über das sich jeder Eingabepunkt ausbreitet.',
  'Factor by which the size grows.': 'Faktor, um den die Größe wächst.',
  'Taken away from both ends of the output.': 'Wird an beiden Enden der Ausgabe weggenommen.',
  'Added to one end of the output, to choose among the sizes that a stride makes equal.':
    'Kommt an einem Ende der Ausgabe hinzu und wählt so unter den Größen, die bei dieser Schrittweite gleich aussehen.',
  'Splits channels into groups that do not mix.': 'Teilt die Kanäle in Gruppen, die sich nicht mischen.',
  'Sizes of the output, instead of output_padding: PyTorch takes them with each call.':
    'Größen der Ausgabe, statt output_padding: PyTorch nimmt sie bei jedem Aufruf entgegen.',
  'PyTorch knows only zeros here.': 'PyTorch kennt hier nur Nullen.',
  'Grows an image by spreading each pixel over a learned filter.':
    'Vergrößert ein Bild: Jeder Pixel breitet sich über einen gelernten Filter aus.',
  'Grows a volume by spreading each voxel over a learned filter.':
    'Vergrößert ein Volumen: Jeder Voxel breitet sich über einen gelernten Filter aus.',
  'Shrinks a sequence to the largest value of each window.':
    'Verkleinert eine Folge auf den größten Wert jedes Fensters.',
  'Steps between windows; blank: the kernel size.':
    'Schrittweite von Fenster zu Fenster; leer: die Fenstergröße.',
  'Added on both sides, at most half the kernel.':
    'Kommt auf beiden Seiten hinzu, höchstens das halbe Fenster.',
  'Also gives where the largest values were, for max_unpool.':
    'Gibt auch aus, wo die größten Werte standen, für max_unpool.',
  'Keeps a last window that hangs over the end.': 'Behält ein letztes Fenster, das über das Ende hinausragt.',
  'Shrinks an image to the largest value of each window.':
    'Verkleinert ein Bild auf den größten Wert jedes Fensters.',
  'Shrinks a volume to the largest value of each window.':
    'Verkleinert ein Volumen auf den größten Wert jedes Fensters.',
  'Shrinks a sequence to the mean of each window.':
    'Verkleinert eine Folge auf den Mittelwert jedes Fensters.',
  'Counts the padding in the mean.': 'Zählt das Padding im Mittelwert mit.',
  'Shrinks an image to the mean of each window.': 'Verkleinert ein Bild auf den Mittelwert jedes Fensters.',
  'Divides by this instead of by the size of the window.':
    'Teilt hierdurch statt durch die Größe des Fensters.',
  'Shrinks a volume to the mean of each window.':
    'Verkleinert ein Volumen auf den Mittelwert jedes Fensters.',
  'Averages a sequence down to a size you choose, whatever its own.':
    'Mittelt eine Folge auf eine gewählte Größe, wie groß sie auch ist.',
  'Sizes of the output; a blank one keeps the size of the input.':
    'Größen der Ausgabe; ein leeres Feld behält die Größe der Eingabe.',
  'Averages an image down to a size you choose, whatever its own.':
    'Mittelt ein Bild auf eine gewählte Größe, wie groß es auch ist.',
  'Averages a volume down to a size you choose, whatever its own.':
    'Mittelt ein Volumen auf eine gewählte Größe, wie groß es auch ist.',
  'Shrinks a sequence to the largest values, to a size you choose, whatever its own.':
    'Verkleinert eine Folge auf ihre größten Werte in gewählter Größe, wie groß sie auch ist.',
  'Shrinks an image to the largest values, to a size you choose, whatever its own.':
    'Verkleinert ein Bild auf seine größten Werte in gewählter Größe, wie groß es auch ist.',
  'Shrinks a volume to the largest values, to a size you choose, whatever its own.':
    'Verkleinert ein Volumen auf seine größten Werte in gewählter Größe, wie groß es auch ist.',
  'Shrinks a sequence to the power sum of each window: between average and maximum.':
    'Verkleinert eine Folge auf die Potenzsumme jedes Fensters: zwischen Mittelwert und Maximum.',
  'The power: 1 sums, large ones approach the maximum.':
    'Die Potenz: 1 summiert, große nähern sich dem Maximum.',
  'Shrinks an image to the power sum of each window: between average and maximum.':
    'Verkleinert ein Bild auf die Potenzsumme jedes Fensters: zwischen Mittelwert und Maximum.',
  'Shrinks a volume to the power sum of each window: between average and maximum.':
    'Verkleinert ein Volumen auf die Potenzsumme jedes Fensters: zwischen Mittelwert und Maximum.',
  'Shrinks an image by any factor to the largest values of windows drawn anew each time.':
    'Verkleinert ein Bild um einen beliebigen Faktor auf die größten Werte von Fenstern, die jedes Mal neu ausgelost werden.',
  'Sizes of the output; blank: by output_ratio.': 'Größen der Ausgabe; leer: nach output_ratio.',
  'Sizes of the output as shares of the input, one for all axes or one each; blank: by output_size.':
    'Größen der Ausgabe als Anteil der Eingabe, einer für alle Achsen oder je einer; leer: nach output_size.',
  'Where the windows lie, instead of draws: numbers in [0, 1) per sample, channel and axis, in PyTorch’s order.':
    'Wo die Fenster liegen, statt sie auszulosen: Zahlen in [0, 1) je Beispiel, Kanal und Achse, in PyTorchs Reihenfolge.',
  'Shrinks a volume by any factor to the largest values of windows drawn anew each time.':
    'Verkleinert ein Volumen um einen beliebigen Faktor auf die größten Werte von Fenstern, die jedes Mal neu ausgelost werden.',
  'Grows a sequence again: values go back to where the maxima were, zeros elsewhere.':
    'Vergrößert eine Folge wieder: Werte kehren dorthin zurück, wo die Maxima standen, sonst stehen Nullen.',
  'Size of the window of the pooling.': 'Größe des Fensters beim Pooling.',
  'Steps between its windows; blank: the kernel size.':
    'Schrittweite seiner Fenster; leer: die Fenstergröße.',
  'The padding of the pooling.': 'Das Padding beim Pooling.',
  'Sizes of the output, where the pooling rounded them down; blank: the smallest.':
    'Größen der Ausgabe, wo das Pooling sie abgerundet hat; leer: die kleinsten.',
  'Grows an image again: values go back to where the maxima were, zeros elsewhere.':
    'Vergrößert ein Bild wieder: Werte kehren dorthin zurück, wo die Maxima standen, sonst stehen Nullen.',
  'Grows a volume again: values go back to where the maxima were, zeros elsewhere.':
    'Vergrößert ein Volumen wieder: Werte kehren dorthin zurück, wo die Maxima standen, sonst stehen Nullen.',
  'Normalizes each feature over the batch.': 'Normalisiert jedes Merkmal über den Batch.',
  'Channels of the input: the size of its axis 1.': 'Kanäle der Eingabe: die Größe ihrer Achse 1.',
  'Added to the variance.': 'Kommt zur Varianz hinzu.',
  'Weight of the newest batch in the running statistics; blank: the mean over all batches.':
    'Gewicht des neuesten Batches in der laufenden Statistik; leer: das Mittel aller Batches.',
  'Learns a scale and a shift per channel.': 'Lernt je Kanal eine Skalierung und eine Verschiebung.',
  'Learns the shift too, where it learns a scale.':
    'Lernt auch die Verschiebung, wo eine Skalierung gelernt wird.',
  'Keeps running statistics and uses them outside training.':
    'Führt eine laufende Statistik und benutzt sie außerhalb des Trainings.',
  'Normalizes each channel over the batch and the image.': 'Normalisiert jeden Kanal über Batch und Bild.',
  'Normalizes each channel over the batch and the volume.':
    'Normalisiert jeden Kanal über Batch und Volumen.',
  'Normalizes the last axes of each sample on its own.':
    'Normalisiert die letzten Achsen jedes Beispiels für sich.',
  'The last axes to normalize over; blank: the last one.':
    'Die letzten Achsen, über die normalisiert wird; leer: die letzte.',
  'Learns a scale and a shift.': 'Lernt eine Skalierung und eine Verschiebung.',
  'Learns a shift beside the scale.': 'Lernt neben der Skalierung eine Verschiebung.',
  'Normalizes groups of channels of each sample on its own.':
    'Normalisiert Gruppen von Kanälen jedes Beispiels für sich.',
  'Groups the channels are split into.': 'Gruppen, in die die Kanäle geteilt werden.',
  'Scales the last axes of each sample to a root mean square of 1.':
    'Skaliert die letzten Achsen jedes Beispiels auf ein quadratisches Mittel von 1.',
  'Added to the mean square; blank: the smallest step of the dtype.':
    'Kommt zum mittleren Quadrat hinzu; leer: die Auflösung des dtype.',
  'Learns a scale.': 'Lernt eine Skalierung.',
  'Normalizes each channel of each sample on its own; used for style.':
    'Normalisiert jeden Kanal jedes Beispiels für sich; üblich zum Übertragen von Stilen.',
  'Divides each value by the size of its near channels.':
    'Teilt jeden Wert durch die Größe benachbarter Kanäle.',
  'Channels that count, the own one in the middle.': 'Kanäle, die zählen, der eigene in der Mitte.',
  'Weight of the mean square.': 'Gewicht des mittleren Quadrats.',
  'Power of the divisor.': 'Potenz des Teilers.',
  'Added to the mean square.': 'Kommt zum mittleren Quadrat hinzu.',
  'The older form of local_response_norm, for images.':
    'Die ältere Form von local_response_norm, für Bilder.',
  'Keeps what is positive, replaces the rest by 0.': 'Behält Positives und ersetzt den Rest durch 0.',
  'Keeps what is positive, shrinks the rest by a factor.':
    'Behält Positives und verkleinert den Rest um einen Faktor.',
  'Factor for what is negative.': 'Faktor für Negatives.',
  'Weighs each value by the normal distribution: x · Φ(x).':
    'Gewichtet jeden Wert mit der Normalverteilung: x · Φ(x).',
  'Exact, or the formula with tanh.': 'Genau, oder die Formel mit tanh.',
  'Weighs each value by its own sigmoid: x · sigmoid(x).':
    'Gewichtet jeden Wert mit seiner eigenen Sigmoidfunktion: x · sigmoid(x).',
  'Keeps what is positive, bends the rest towards -alpha.':
    'Behält Positives und biegt den Rest gegen -alpha.',
  'Value that what is negative approaches, negated.':
    'Der Wert, dem sich Negatives nähert, mit anderem Vorzeichen.',
  'Squeezes each value between 0 and 1.': 'Staucht jeden Wert auf 0 bis 1.',
  'Squeezes each value between -1 and 1.': 'Staucht jeden Wert auf -1 bis 1.',
  'Turns scores along an axis into probabilities that sum to 1.':
    'Macht aus den Werten einer Achse Wahrscheinlichkeiten, die zusammen 1 ergeben.',
  'Axis whose values sum to 1; negative counts from the end; blank: PyTorch guesses 0 or 1 from the rank.':
    'Achse, deren Werte zusammen 1 ergeben; negative zählen vom Ende; leer: PyTorch rät 0 oder 1 nach der Zahl der Achsen.',
  'The logarithm of softmax; goes with the nll loss.': 'Der Logarithmus von Softmax; gehört zum Verlust nll.',
  'Softmax of the negated scores: the smallest gets the most.':
    'Softmax der negierten Werte: Der kleinste bekommt am meisten.',
  'Turns the scores of each pixel into probabilities over the channels.':
    'Macht aus den Werten jedes Pixels Wahrscheinlichkeiten über die Kanäle.',
  'A leaky relu that learns its slope.': 'Ein Leaky ReLU, das seine Steigung lernt.',
  'Slopes: 1 for all channels, or one per channel; blank: one per channel.':
    'Steigungen: 1 für alle Kanäle oder eine je Kanal; leer: eine je Kanal.',
  'First value of the slopes.': 'Erster Wert der Steigungen.',
  'Halves an axis: one half passes, the other says how much of it.':
    'Halbiert eine Achse: Eine Hälfte geht durch, die andere sagt, wie viel davon.',
  'Axis to halve; negative counts from the end.': 'Achse, die halbiert wird; negative zählen vom Ende.',
  'Limits each value to 0 to 6.': 'Begrenzt jeden Wert auf 0 bis 6.',
  'Limits each value to a range.': 'Begrenzt jeden Wert auf einen Bereich.',
  'Smallest value.': 'Kleinster Wert.',
  'Largest value.': 'Größter Wert.',
  'A sigmoid of three straight lines.': 'Eine Sigmoidfunktion aus drei Geraden.',
  'Weighs each value by its hard sigmoid.': 'Gewichtet jeden Wert mit seiner Hard-Sigmoidfunktion.',
  'A scaled elu that keeps mean and variance through layers; goes with alpha_dropout.':
    'Ein skaliertes ELU, das Mittel und Varianz durch die Schichten erhält; gehört zu alpha_dropout.',
  'An elu whose slope is continuous for every alpha.': 'Ein ELU, dessen Steigung für jedes alpha stetig ist.',
  'A smooth relu: log(1 + eˣ).': 'Ein glattes ReLU: log(1 + eˣ).',
  'Sharpness of the bend.': 'Schärfe des Knicks.',
  'Beyond this, beta · x is taken as straight.': 'Jenseits davon gilt beta · x als gerade.',
  'Squeezes each value between -1 and 1: x / (1 + |x|).': 'Staucht jeden Wert auf -1 bis 1: x / (1 + |x|).',
  'Weighs each value smoothly: x · tanh(softplus(x)).': 'Gewichtet jeden Wert stetig: x · tanh(softplus(x)).',
  'The logarithm of sigmoid.': 'Der Logarithmus der Sigmoidfunktion.',
  'Keeps what is above a threshold, replaces the rest.':
    'Behält, was über einem Schwellwert liegt, und ersetzt den Rest.',
  'Values up to this are replaced.': 'Werte bis hierher werden ersetzt.',
  'What they are replaced with.': 'Wodurch sie ersetzt werden.',
  'Moves each value towards 0 by an amount, and what is nearer to 0 itself.':
    'Rückt jeden Wert um einen Betrag gegen 0, was näher liegt auf 0 selbst.',
  'The amount.': 'Der Betrag.',
  'Replaces what is near 0 by 0.': 'Ersetzt, was nahe 0 liegt, durch 0.',
  'Distance from 0 up to which values are replaced.': 'Abstand von 0, bis zu dem Werte ersetzt werden.',
  'Each value less its hyperbolic tangent.': 'Jeder Wert minus seinen Tangens hyperbolicus.',
  'A leaky relu whose slope is random while training.':
    'Ein Leaky ReLU, dessen Steigung im Training zufällig ist.',
  'Smallest slope.': 'Kleinste Steigung.',
  'Largest slope.': 'Größte Steigung.',
  'Reads a sequence step by step and keeps a state.':
    'Liest eine Folge Schritt für Schritt und führt einen Zustand mit.',
  'Size of the state, and of each output step.': 'Größe des Zustands und jedes Ausgabeschritts.',
  'Layers, each reading the outputs of the one before.': 'Schichten, jede liest die Ausgaben der vorigen.',
  'Adds learnable numbers to each gate.': 'Addiert zu jedem Gate gelernte Zahlen.',
  'Inputs are [N, T, F] instead of [T, N, F].': 'Eingaben sind [N, T, F] statt [T, N, F].',
  'Probability that an output between two layers becomes 0 while training.':
    'Wahrscheinlichkeit, mit der eine Ausgabe zwischen zwei Schichten im Training 0 wird.',
  'Also reads from the end to the start, and gives both beside each other.':
    'Liest auch vom Ende zum Anfang und gibt beides nebeneinander aus.',
  'Function each new state goes through.': 'Funktion, durch die jeder neue Zustand geht.',
  'Reads a sequence step by step; gates decide what it remembers and forgets.':
    'Liest eine Folge Schritt für Schritt; Gates entscheiden, was es behält und vergisst.',
  'Size the outputs are projected to; 0: they keep hidden_size.':
    'Größe, auf die die Ausgaben projiziert werden; 0: sie behalten hidden_size.',
  'Reads a sequence step by step; a smaller lstm with one state.':
    'Liest eine Folge Schritt für Schritt; ein kleineres LSTM mit nur einem Zustand.',
  'One step of an rnn.': 'Ein Schritt eines RNN.',
  'One step of an lstm.': 'Ein Schritt eines LSTM.',
  'One step of a gru.': 'Ein Schritt einer GRU.',
  'Each query step gathers from the value steps whose keys fit it, in several heads.':
    'Jeder Query-Schritt sammelt aus den Value-Schritten, deren Keys zu ihm passen, in mehreren Köpfen.',
  'Size of the last axis of the queries, and of the outputs.':
    'Größe der letzten Achse der Queries und der Ausgaben.',
  'Heads that attend side by side; they divide embed_dim.':
    'Köpfe, die nebeneinander aufmerken; embed_dim ist durch ihre Zahl teilbar.',
  'Probability that an attention weight becomes 0 while training.':
    'Wahrscheinlichkeit, mit der ein Aufmerksamkeitsgewicht im Training 0 wird.',
  'Adds learnable numbers to the projections.': 'Addiert zu den Projektionen gelernte Zahlen.',
  'Adds one learned key and value to each sequence.': 'Fügt jeder Folge einen gelernten Key und Value hinzu.',
  'Adds one key and value of zeros to each sequence.':
    'Fügt jeder Folge einen Key und Value aus Nullen hinzu.',
  'Size of the keys; blank: as embed_dim.': 'Größe der Keys; leer: wie embed_dim.',
  'Size of the values; blank: as embed_dim.': 'Größe der Values; leer: wie embed_dim.',
  'Also gives how much each query attends to each key.':
    'Gibt auch aus, wie sehr jede Query jeden Key beachtet.',
  'Gives the mean of the attention weights of all heads instead of each.':
    'Gibt das Mittel der Aufmerksamkeitsgewichte aller Köpfe statt jedes einzelnen aus.',
  'No step attends to a later one.': 'Kein Schritt beachtet einen späteren.',
  'Attention without weights of its own: queries, keys and values as they come.':
    'Aufmerksamkeit ohne eigene Gewichte: Queries, Keys und Values, wie sie kommen.',
  'Factor of the scores; blank: 1/√E.': 'Faktor der Bewertungen; leer: 1/√E.',
  'Self-attention and two linear layers with residuals: one layer of an encoder.':
    'Self-Attention und zwei lineare Schichten mit Residuen: eine Schicht eines Encoders.',
  'Size of the last axis of input and output.': 'Größe der letzten Achse von Eingabe und Ausgabe.',
  'Heads that attend side by side; they divide d_model.':
    'Köpfe, die nebeneinander aufmerken; d_model ist durch ihre Zahl teilbar.',
  'Size between the two linear layers.': 'Größe zwischen den beiden linearen Schichten.',
  'Probability that a value becomes 0 while training.':
    'Wahrscheinlichkeit, mit der ein Wert im Training 0 wird.',
  'Function between the two linear layers.': 'Funktion zwischen den beiden linearen Schichten.',
  'Normalizes before each part instead of after it.': 'Normalisiert vor jedem Teil statt danach.',
  'Adds learnable numbers in every part.': 'Addiert in jedem Teil gelernte Zahlen.',
  "Self-attention, attention to an encoder's output and two linear layers: one layer of a decoder.":
    'Self-Attention, Aufmerksamkeit auf die Ausgabe eines Encoders und zwei lineare Schichten: eine Schicht eines Decoders.',
  'A stack of encoder layers.': 'Ein Stapel von Encoder-Schichten.',
  'Layers on top of each other.': 'Schichten übereinander.',
  'Normalizes after the last layer.': 'Normalisiert nach der letzten Schicht.',
  "A stack of decoder layers that attend to an encoder's output.":
    'Ein Stapel von Decoder-Schichten, die die Ausgabe eines Encoders beachten.',
  'An encoder and a decoder that attends to what it read: from one sequence to another.':
    'Ein Encoder und ein Decoder, der beachtet, was jener gelesen hat: von einer Folge zu einer anderen.',
  'Layers of the encoder.': 'Schichten des Encoders.',
  'Layers of the decoder.': 'Schichten des Decoders.',
  'Adds waves of many lengths that tell each step where it stands.':
    'Addiert Wellen vieler Längen, die jedem Schritt sagen, wo er steht.',
  'The longest wave is 2π times as many steps.': 'Die längste Welle ist 2π-mal so viele Schritte lang.',
  'Adds a learned row to each step of a sequence.':
    'Addiert zu jedem Schritt einer Folge eine gelernte Zeile.',
};

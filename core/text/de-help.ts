// German help of the options of optimizers, schedulers, losses, metrics and of the training's own, and summaries of templates, by the
// English text that declares it.
export const DE_HELP: Readonly<Record<string, string>> = {
  'Learning rate: how far each step goes.': 'Lernrate: wie weit jeder Schritt geht.',
  'How much of the running mean and of the running square is kept at each step.':
    'Wie viel vom laufenden Mittel und vom laufenden Quadrat je Schritt bleibt.',
  'Keeps a division by nearly 0 finite.': 'Hält eine Division durch fast 0 endlich.',
  'Pulls weights towards 0.': 'Zieht Gewichte gegen 0.',
  'Divides by the largest running square so far.': 'Teilt durch das bisher größte laufende Quadrat.',
  'Climbs instead of descending.': 'Steigt, statt zu fallen.',
  'Pulls the weights themselves instead of the gradient.': 'Zieht die Gewichte selbst statt des Gradienten.',
  'Share of the last step that is kept; 0.9 is usual.':
    'Anteil des letzten Schritts, der bleibt; üblich ist 0.9.',
  'Share of the gradient left out of the momentum.':
    'Anteil des Gradienten, der nicht in den Schwung eingeht.',
  'Looks one step ahead.': 'Blickt einen Schritt voraus.',
  'How much of the running square is kept at each step.': 'Wie viel vom laufenden Quadrat je Schritt bleibt.',
  'Share of the last step that is kept.': 'Anteil des letzten Schritts, der bleibt.',
  'Takes the running mean off: divides by the deviation.':
    'Zieht das laufende Mittel ab: teilt durch die Abweichung.',
  'How fast steps shrink.': 'Wie schnell Schritte kleiner werden.',
  'What the sum of squares starts as.': 'Womit die Summe der Quadrate beginnt.',
  'How much of the running squares is kept at each step.':
    'Wie viel von den laufenden Quadraten je Schritt bleibt.',
  'How much of the running mean and of the largest gradient is kept at each step.':
    'Wie viel vom laufenden Mittel und vom größten Gradienten je Schritt bleibt.',
  'How fast the momentum grows to its full size.': 'Wie schnell der Schwung zu voller Größe wächst.',
  'How fast weights and steps shrink.': 'Wie schnell Gewichte und Schritte kleiner werden.',
  'Power by which steps shrink.': 'Potenz, mit der Schritte kleiner werden.',
  'Step at which the mean begins.': 'Schritt, bei dem das Mitteln beginnt.',
  'Factors for a step whose gradient turned, and for one that went on.':
    'Faktoren für einen Schritt, dessen Gradient sich umkehrte, und für einen, der weiterging.',
  'Smallest and largest step.': 'Kleinster und größter Schritt.',
  'Power of the step that the newest square counts with.':
    'Potenz der Schrittzahl, mit der das neueste Quadrat zählt.',
  'Least running square (blank: the resolution of the dtype), and least size of a weight.':
    'Kleinstes laufendes Quadrat (leer: die Auflösung des dtype) und kleinste Größe eines Gewichts.',
  'Largest size of an update before it is cut.': 'Größe einer Änderung, von der an sie beschnitten wird.',
  'Share of the running gradient that is kept.': 'Anteil des laufenden Gradienten, der bleibt.',
  'Coefficients of the Newton-Schulz polynomial.': 'Koeffizienten des Newton-Schulz-Polynoms.',
  'Least norm that is divided by.': 'Kleinste Norm, durch die geteilt wird.',
  'Newton-Schulz iterations per step.': 'Newton-Schulz-Wiederholungen je Schritt.',
  'How the learning rate follows the shape: by its proportions, or so that steps are as large as AdamW’s.':
    'Wie die Lernrate der Form folgt: nach deren Verhältnissen, oder so, dass Schritte so groß sind wie die von AdamW.',
  'Directions tried in one step.': 'Richtungen, die ein Schritt versucht.',
  'Looks at the loss in one step; blank: five fourths of max_iter.':
    'Wie oft ein Schritt den Verlust ansieht; leer: fünf Viertel von max_iter.',
  'A largest gradient up to here ends the step.': 'Ein größter Gradient bis hierher beendet den Schritt.',
  'A change of loss or parameters below this ends the step.':
    'Ändern sich Verlust oder Parameter weniger, endet der Schritt.',
  'Steps remembered; each takes twice the memory of the parameters.':
    'Gemerkte Schritte; jeder braucht das Doppelte des Speichers der Parameter.',
  'Looks for a step length that the loss agrees with; none takes the learning rate.':
    'Sucht eine Schrittlänge, mit der der Verlust einverstanden ist; none nimmt die Lernrate.',
  'Steps of the fall; blank for the whole run.': 'Schritte des Abstiegs; leer: der ganze Lauf.',
  'Least rate.': 'Kleinste Rate.',
  'Largest rate.': 'Größte Rate.',
  'Steps of the cycle; blank for the whole run.': 'Schritte des Zyklus; leer: der ganze Lauf.',
  'Instead of total_steps: epochs, with steps_per_epoch.': 'Statt total_steps: Epochen, mit steps_per_epoch.',
  'Instead of total_steps: steps of an epoch, with epochs.':
    'Statt total_steps: Schritte einer Epoche, mit epochs.',
  'Share of the steps upwards.': 'Anteil der Schritte aufwärts.',
  'Along half a cosine, or in straight lines.': 'Entlang eines halben Kosinus oder in geraden Linien.',
  'Moves momentum (or the first beta) against the rate.':
    'Bewegt Schwung (oder das erste Beta) gegen die Rate.',
  'Least momentum.': 'Kleinster Schwung.',
  'Largest momentum.': 'Größter Schwung.',
  'The first rate is max_lr divided by this.': 'Die erste Rate ist max_lr geteilt hierdurch.',
  'The last rate is the first one divided by this.': 'Die letzte Rate ist die erste geteilt hierdurch.',
  'Comes down to the first rate as fast as it went up, and then further.':
    'Fällt so schnell auf die erste Rate, wie sie stieg, und dann weiter.',
  'Steps between two changes.': 'Schritte zwischen zwei Änderungen.',
  'What the rate is multiplied by.': 'Womit die Rate malgenommen wird.',
  'Steps at which the rate changes.': 'Schritte, bei denen sich die Rate ändert.',
  'Whether less or more of what is watched is better.':
    'Ob weniger oder mehr von dem, was beobachtet wird, besser ist.',
  'Epochs without progress that are waited for.': 'Epochen ohne Fortschritt, die abgewartet werden.',
  'Smallest change that counts.': 'Kleinste Änderung, die zählt.',
  'Whether the threshold is a share of the best value or a difference.':
    'Ob die Schwelle ein Anteil des besten Werts ist oder ein Unterschied.',
  'Epochs after a change in which nothing is counted.':
    'Epochen nach einer Änderung, in denen nicht gezählt wird.',
  'A smaller change of the rate is left out.': 'Eine kleinere Änderung der Rate unterbleibt.',
  'Share of the rate at the start.': 'Anteil der Rate am Anfang.',
  'Share at the end.': 'Anteil am Ende.',
  'Steps after which the rate stays.': 'Schritte, nach denen die Rate bleibt.',
  'Share of the rate used at first.': 'Anteil der Rate, der zuerst gilt.',
  'The power; 1 is a straight line.': 'Die Potenz; 1 ist eine gerade Linie.',
  'Steps of the first fall.': 'Schritte des ersten Abstiegs.',
  'Every fall is so many times as long as the one before.':
    'Jeder Abstieg ist so viele Male so lang wie der vorige.',
  'Largest rate of the first cycle.': 'Größte Rate des ersten Zyklus.',
  'Steps upwards.': 'Schritte aufwärts.',
  'Steps downwards; blank for as many as upwards.': 'Schritte abwärts; leer: so viele wie aufwärts.',
  'All cycles equal, each half as high as the one before, or falling by gamma.':
    'Alle Zyklen gleich, jeder halb so hoch wie der vorige, oder um gamma fallend.',
  'Factor per step of exp_range.': 'Faktor je Schritt von exp_range.',
  'What the first rate is multiplied by, as Python writes it: a warm-up of ten steps is min(1, (epoch + 1) / 10). In brackets [ ] one for each group, those without a name first.':
    'Womit die erste Rate multipliziert wird, wie Python es schreibt: Aufwärmen über zehn Schritte ist min(1, (epoch + 1) / 10). In Klammern [ ] eine für jede Gruppe, zuerst die ohne Namen.',
  'What the rate is multiplied by at each step, as Python writes it. In brackets [ ] one for each group, those without a name first.':
    'Womit die Rate in jedem Schritt multipliziert wird, wie Python es schreibt. In Klammern [ ] eine für jede Gruppe, zuerst die ohne Namen.',
  'The schedulers, in order.': 'Die Pläne, der Reihe nach.',
  'Steps at which the next one takes over.': 'Schritte, bei denen der nächste übernimmt.',
  'The share of right answers: of samples, pixels or labels.':
    'Der Anteil richtiger Antworten: von Beispielen, Bildpunkten oder Merkmalen.',
  'The share of samples whose class is among the k with the largest scores.':
    'Der Anteil der Beispiele, deren Klasse unter den k mit den größten Werten ist.',
  'Largest scores looked at.': 'Wie viele der größten Werte angesehen werden.',
  'The share of right answers of each class, averaged, so that rare classes count as much.':
    'Der Anteil richtiger Antworten je Klasse, gemittelt, sodass seltene Klassen ebenso viel zählen.',
  'The share of samples whose labels are all right.':
    'Der Anteil der Beispiele, deren Merkmale alle stimmen.',
  'Of the answers that name a class, the share that is right.':
    'Von den Antworten, die eine Klasse nennen, der Anteil, der stimmt.',
  'How classes become one number: each alike, all answers together, by how often each occurs, or not at all.':
    'Wie aus Klassen eine Zahl wird: jede gleich, alle Antworten zusammen, nach ihrer Häufigkeit oder gar nicht.',
  'Of what is of a class, the share that is found.':
    'Von dem, was zu einer Klasse gehört, der Anteil, der gefunden wird.',
  'Precision and recall in one: their harmonic mean.':
    'Genauigkeit und Trefferquote in einem: ihr harmonisches Mittel.',
  'Precision and recall in one, recall counting beta times as much.':
    'Genauigkeit und Trefferquote in einem, wobei die Trefferquote das Beta-Fache zählt.',
  'Weight of recall against precision.': 'Gewicht der Trefferquote gegenüber der Genauigkeit.',
  'Of what is not of a class, the share that is not taken for it.':
    'Von dem, was nicht zu einer Klasse gehört, der Anteil, der nicht für sie gehalten wird.',
  'Intersection over union of what is of a class and what is taken for it; for pixels mean IoU.':
    'Schnitt durch Vereinigung dessen, was zu einer Klasse gehört und was für sie gehalten wird; bei Bildpunkten mean IoU.',
  'Twice the intersection over the sizes of what is of a class and what is taken for it.':
    'Der doppelte Schnitt durch die Größen dessen, was zu einer Klasse gehört und was für sie gehalten wird.',
  'How surely a yes has a higher score than a no; of classes, each against all others.':
    'Wie sicher ein Ja einen höheren Wert hat als ein Nein; bei Klassen jede gegen alle anderen.',
  'Precision averaged over all recalls: how well scores put what is of a class first.':
    'Genauigkeit, gemittelt über alle Trefferquoten: wie gut die Werte voranstellen, was zu einer Klasse gehört.',
  'Agreement of answers and targets beyond what chance gives: 1 is full, 0 is none.':
    'Übereinstimmung von Antworten und Zielen über den Zufall hinaus: 1 ist voll, 0 ist keine.',
  'The correlation of answers and targets as classes, fair to classes of unequal size: from -1 to 1.':
    'Die Korrelation von Antworten und Zielen als Klassen, gerecht gegen ungleich große: von -1 bis 1.',
  'Minus the logarithm of the probability given to what was right, on average.':
    'Minus der Logarithmus der Wahrscheinlichkeit des Richtigen, im Mittel.',
  'How much of a lead of 1 the right answer’s score lacks, on average.':
    'Wie viel dem Wert der richtigen Antwort an einem Vorsprung von 1 fehlt, im Mittel.',
  'How far the probabilities given are from the share that was right.':
    'Wie weit die gegebenen Wahrscheinlichkeiten vom Anteil des Richtigen entfernt sind.',
  'Bins of probability.': 'Klassen der Wahrscheinlichkeit.',
  'The mean distance, the root of its square, or the largest.':
    'Der mittlere Abstand, die Wurzel seines Quadrats oder der größte.',
  'How often each class (a row) was taken for each class (a column).':
    'Wie oft jede Klasse (eine Zeile) für jede Klasse (eine Spalte) gehalten wurde.',
  'How far predictions are off, on average.': 'Wie weit Vorhersagen danebenliegen, im Mittel.',
  'How far predictions are off, squared, on average.':
    'Wie weit Vorhersagen danebenliegen, im Quadrat, im Mittel.',
  'How far predictions are off, with weight on large errors, in the unit of the target.':
    'Wie weit Vorhersagen danebenliegen, große Fehler stärker gewogen, in der Einheit des Ziels.',
  'How far predictions are off as a share of the target, on average.':
    'Wie weit Vorhersagen danebenliegen, als Anteil des Ziels, im Mittel.',
  'How far predictions are off as a share of prediction and target together, on average: 0 to 2.':
    'Wie weit Vorhersagen danebenliegen, als Anteil von Vorhersage und Ziel zusammen, im Mittel: 0 bis 2.',
  'The share of the targets’ variance that predictions explain: 1 is all, 0 is a constant’s.':
    'Der Anteil der Varianz der Ziele, den Vorhersagen erklären: 1 ist alles, 0 der einer Konstanten.',
  'The share of the targets’ variance that predictions explain when a constant error is forgiven.':
    'Der Anteil der Varianz der Ziele, den Vorhersagen erklären, wenn ein gleichbleibender Fehler verziehen wird.',
  'How far predictions and targets lie on a line: from -1 to 1.':
    'Wie weit Vorhersagen und Ziele auf einer Geraden liegen: von -1 bis 1.',
  'How far predictions and targets stand in the same order: from -1 to 1.':
    'Wie weit Vorhersagen und Ziele in derselben Reihenfolge stehen: von -1 bis 1.',
  'Factor per class, for classes of unequal size; blank: all equal.':
    'Faktor je Klasse, für ungleich große Klassen; leer: alle gleich.',
  'Targets with this number do not count.': 'Ziele mit dieser Nummer zählen nicht.',
  'How the losses of all elements become one number; none keeps them apart.':
    'Wie aus den Verlusten aller Elemente eine Zahl wird; none lässt sie getrennt.',
  'Share of the target that is spread over all classes.':
    'Anteil des Ziels, der auf alle Klassen verteilt wird.',
  'Factor per answer; a list goes along the last axis; blank: all equal.':
    'Faktor je Antwort; eine Liste geht entlang der letzten Achse; leer: alle gleich.',
  'Factor for yes; a list goes along the last axis: no per yes in the data makes both count the same.':
    'Faktor für Ja; eine Liste geht entlang der letzten Achse: Nein je Ja in den Daten lässt beide gleich zählen.',
  'Difference where the two parts meet.': 'Unterschied, bei dem die beiden Teile sich treffen.',
  'batchmean is the divergence per sample; mean divides by the classes too.':
    'batchmean ist die Divergenz je Beispiel; mean teilt auch durch die Klassen.',
  'The target holds log probabilities too.': 'Auch das Ziel enthält Logarithmen von Wahrscheinlichkeiten.',
  'The output is the logarithm of the rate.': 'Die Ausgabe ist der Logarithmus der Rate.',
  "Adds Stirling's term.": 'Addiert das Glied von Stirling.',
  'Keeps the logarithm of a rate of 0 finite.': 'Hält den Logarithmus einer Rate von 0 endlich.',
  'Distance asked for where the target is -1.': 'Abstand, der verlangt wird, wo das Ziel -1 ist.',
  'Power of what is missing: 1 or 2.': 'Potenz dessen, was fehlt: 1 oder 2.',
  'The lead asked for.': 'Der verlangte Vorsprung.',
  'Factor per class; blank: all equal.': 'Faktor je Klasse; leer: alle gleich.',
  'Factor per label; blank: all equal.': 'Faktor je Merkmal; leer: alle gleich.',
  'How much nearer the positive is to be.': 'Wie viel näher das Positive sein soll.',
  'Power of the norm.': 'Potenz der Norm.',
  'Added to each difference.': 'Wird zu jedem Unterschied addiert.',
  'Takes the distance from positive to negative where it is smaller than from the anchor.':
    'Nimmt den Abstand vom Positiven zum Negativen, wo er kleiner ist als der vom Anker.',
  'Similarity that pairs apart may keep.': 'Ähnlichkeit, die ungleiche Paare behalten dürfen.',
  'Cosine above which a pair counts as alike.': 'Kosinus, ab dem ein Paar als gleich gilt.',
  'Insertions, deletions and changes that the labels read off sequences need, per label wanted.':
    'Einfügungen, Löschungen und Änderungen, die abgelesene Folgen brauchen, je verlangter Klasse.',
  'The share of pairs that are told alike or not by a threshold on their cosine.':
    'Anteil der Paare, die eine Schwelle ihres Kosinus richtig als gleich oder ungleich erkennt.',
  'The share of sequences whose labels are read without any error.':
    'Anteil der Folgen, die ganz ohne Fehler abgelesen werden.',
  'The share of triplets whose positive is nearer than the negative, or of pairs in the order asked for.':
    'Anteil der Tripel, deren Gleiches näher ist als das Andere, oder der Paare in verlangter Ordnung.',
  '1 or -1 per pair.': '1 oder -1 je Paar.',
  'How far the ranks are to lie apart.': 'Wie weit die Ränge auseinanderliegen sollen.',
  'Adds the constant term.': 'Addiert das konstante Glied.',
  'Least variance.': 'Kleinste Varianz.',
  'The means.': 'Die Mittelwerte.',
  'The variances, at least 0: one per mean, or one per row.':
    'Die Varianzen, mindestens 0: eine je Mittelwert oder eine je Zeile.',
  'Class that stands for no label.': 'Klasse, die für kein Merkmal steht.',
  'A sequence too short for its labels counts as 0 instead of as infinite.':
    'Eine Folge, die für ihre Merkmale zu kurz ist, zählt als 0 statt als unendlich.',
  'Log probabilities of the classes at each step.':
    'Logarithmen der Wahrscheinlichkeiten der Klassen bei jedem Schritt.',
  'Steps of each sequence.': 'Schritte jeder Folge.',
  'Labels of each sequence.': 'Merkmale jeder Folge.',
  'How the values of the output become one number.': 'Wie aus den Werten der Ausgabe eine Zahl wird.',
  'Largest norm of all gradients together; blank leaves it.':
    'Größte Norm aller Gradienten zusammen; leer lässt sie.',
  'Power of the norm: 2 is the usual length, 1 the sum of sizes, inf the largest.':
    'Potenz der Norm: 2 ist die übliche Länge, 1 die Summe der Beträge, inf der größte.',
  'Stops the run when the norm is infinite or no number.':
    'Hält den Lauf an, wenn die Norm unendlich oder keine Zahl ist.',
  'Largest size of each gradient’s elements; blank leaves them.':
    'Größte Größe der Elemente jedes Gradienten; leer lässt sie.',
  'Smallest change that counts as progress.': 'Kleinste Änderung, die als Fortschritt zählt.',
  'Ends with the weights of the best epoch.': 'Endet mit den Gewichten der besten Epoche.',
  'An empty graph.': 'Ein leerer Graph.',
  'Handwritten digits 8×8: a small convolutional net of lazy layers.':
    'Handgeschriebene Ziffern 8×8: ein kleines Faltungsnetz aus Schichten, die ihre Größen selbst finden.',
  'Iris flowers: four measurements, three species, a small perceptron.':
    'Schwertlilien: vier Maße, drei Arten, ein kleines Perzeptron.',
  'Newton’s Opticks, character by character: a small transformer that learns to write on.':
    'Newtons Opticks, Zeichen für Zeichen: ein kleiner Transformer, der weiterschreiben lernt.',
  'Fashion-MNIST 28×28 from the Debian package dataset-fashion-mnist.':
    'Fashion-MNIST 28×28 aus dem Debian-Paket dataset-fashion-mnist.',
  'Pairs of digits, alike or not: two inputs, one encoder with shared weights, two losses.':
    'Paare von Ziffern, gleich oder nicht: zwei Eingaben, ein Encoder mit geteilten Gewichten, zwei Verluste.',
};

"""scikit-learn: a PCA that is fitted batch by batch, recorded by `rec.add`."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import IncrementalPCA

import marginalia as mg

BATCHES = 12


def main(folder: str = "runs/digits-pca") -> None:
    images, labels = load_digits(return_X_y=True)
    pca = IncrementalPCA(n_components=2)
    with mg.Recorder(folder, class_names="0123456789", lossname="IncrementalPCA") as rec:
        for number, batch in enumerate(np.array_split(images, BATCHES)):
            pca.partial_fit(batch)
            rec.add(number + 1, pca.transform(images), labels)
    run = mg.read(folder)
    print(run, run.gif(f"{folder}/space.gif"), run.page(f"{folder}/page.html"))


if __name__ == "__main__":
    main()

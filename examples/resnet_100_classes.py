"""torchvision's ResNet-18, 512 features, 100 classes: numbers from 00 to 99, made of two digits of MNIST."""

import numpy as np
import torch
import torch.nn.functional as F
from torchvision.models import resnet18

import marginalia as mg
from marginalia.data.mnist import load_mnist

EPOCHS, BATCH, RATE, COUNT, PROBE = 6, 64, 1e-3, 20_000, 3_000


def two_digits(split, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (count, 3, 28, 56) and the numbers that they show."""
    left, right = np.random.default_rng(seed).integers(len(split), size=(2, count))
    images = np.concatenate((split.images[left], split.images[right]), axis=2)
    labels = 10 * split.labels[left] + split.labels[right]
    return (torch.tensor(images)[:, None] / 255 - 0.5).expand(-1, 3, -1, -1), torch.tensor(labels)


def main(folder: str = "runs/resnet", epochs: int = EPOCHS, count: int = COUNT, probe: int = PROBE) -> None:
    torch.manual_seed(0)
    data = load_mnist()
    images, labels = two_digits(data.train, count, seed=0)
    model = resnet18(num_classes=100)
    model.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False)  # the images are small
    optimizer = torch.optim.AdamW(model.parameters(), RATE)
    names = [f"{number:02d}" for number in range(100)]
    with mg.Recorder(folder, probe=two_digits(data.test, probe, seed=1), class_names=names, head=model.fc) as rec:
        for epoch in range(epochs):
            model.train()
            for batch in torch.randperm(count).split(BATCH):
                loss = F.cross_entropy(model(images[batch]), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            rec.snapshot(model, epoch + 1, metrics={"loss": loss.item()})
    run = mg.read(folder)
    print(run, run.gif(f"{folder}/angles.gif", layout="angles"), run.gif(f"{folder}/space.gif"))
    print(
        run.gif(f"{folder}/three.gif", projection="classes", classes=("17", "71", "77")),
        run.page(f"{folder}/page.html"),
    )


if __name__ == "__main__":
    main()

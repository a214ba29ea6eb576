"""A plain training of MNIST in PyTorch, recorded by four lines: those with `mg` or `rec`."""

import torch
import torch.nn.functional as F
from torch import nn

import marginalia as mg
from marginalia.data.mnist import load_mnist

EPOCHS, BATCH, RATE = 4, 128, 1e-3


class Net(nn.Module):
    """A small convolutional network with two numbers before the last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * 5 * 5, 128), nn.ReLU(), nn.Linear(128, 2),
        )  # fmt: skip
        self.classifier = nn.Linear(2, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(images))


def mnist() -> tuple[torch.Tensor, ...]:
    """Training images and labels, test images and labels; any other source of tensors does as well."""
    data = load_mnist()
    images = [torch.tensor(split.images)[:, None] / 255 - 0.5 for split in (data.train, data.test)]
    labels = [torch.tensor(split.labels) for split in (data.train, data.test)]
    return images[0], labels[0], images[1], labels[1]


def train_one_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, images: torch.Tensor, labels: torch.Tensor
) -> float:
    model.train()
    total = 0.0
    for batch in torch.randperm(len(images)).split(BATCH):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch) / len(images)
    return total


def main(folder: str = "runs/plain", epochs: int = EPOCHS, count: int | None = None) -> None:
    torch.manual_seed(0)
    train_images, train_labels, test_images, test_labels = (part[:count] for part in mnist())
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    with mg.Recorder(folder, probe=(test_images, test_labels), head=model.classifier) as rec:
        for epoch in range(epochs):
            loss = train_one_epoch(model, optimizer, train_images, train_labels)
            rec.snapshot(model, epoch + 1, metrics={"loss": loss})
    run = mg.read(folder)
    print(run, run.gif(f"{folder}/space.gif"), run.page(f"{folder}/page.html"))


if __name__ == "__main__":
    main()

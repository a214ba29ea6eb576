"""The plain way: CosFace on MNIST as a careful beginner writes it, to measure Marginalia against.

Float32, PyTorch's default memory layout, torchvision's MNIST with ToTensor in a DataLoader with workers, Adam, a new
matplotlib figure an epoch with a scatter a class and an arrow a weight, 300 dpi, then imageio. One JSON line an epoch.

    python benchmarks/reference.py --data DIR --out DIR --epochs 20
"""

import argparse
import json
import sys
import time
from pathlib import Path

import imageio.v2 as imageio
import matplotlib as mpl
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

mpl.use("Agg")
import matplotlib.pyplot as plt

S, M = 4, 0.1


class LeNetPP(nn.Module):
    def __init__(self):
        super().__init__()
        layers, width = [], 1
        for channels in (32, 64, 128):
            layers += [nn.Conv2d(width, channels, 5, padding=2), nn.PReLU()]
            layers += [nn.Conv2d(channels, channels, 5, padding=2), nn.PReLU(), nn.MaxPool2d(2)]
            width = channels
        self.convolutions = nn.Sequential(*layers)
        self.embedding = nn.Linear(128 * 3 * 3, 2)

    def forward(self, x):
        return self.embedding(self.convolutions(x).flatten(1))


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn2(self.conv2(out)))


class MiniResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.stages = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), Block(32), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), Block(64), nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1), Block(128), nn.AdaptiveAvgPool2d(1),
        )  # fmt: skip
        self.embedding = nn.Linear(128, 2)

    def forward(self, x):
        return self.embedding(self.stages(x).flatten(1))


class CosFace(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(10, 2))

    def forward(self, x, labels=None):
        cosine = F.linear(F.normalize(x), F.normalize(self.weight))
        if labels is not None:
            cosine = cosine - M * F.one_hot(labels, 10)
        return S * cosine


def draw(features, labels, weight, path):
    figure, ax = plt.subplots(figsize=(6, 6))
    for digit in range(10):
        ax.scatter(*features[labels == digit].T, s=1)
        ax.annotate(str(digit), xy=(0, 0), xytext=weight[digit], arrowprops={"arrowstyle": "<-"})
    ax.axis("off")
    figure.savefig(path, dpi=300)
    plt.close(figure)


def evaluate(encoder, head, loader):
    encoder.eval()
    features, labels, correct = [], [], 0
    with torch.no_grad():
        for x, y in loader:
            z = encoder(x)
            correct += (head(z).argmax(1) == y).sum().item()
            features.append(z)
            labels.append(y)
    return torch.cat(features).numpy(), torch.cat(labels).numpy(), correct / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--basemodel", choices=("LeNet_pp", "MiniResnet18"), default="LeNet_pp")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    train, test = (datasets.MNIST(arguments.data, train=t, transform=transforms.ToTensor()) for t in (True, False))
    train_loader = DataLoader(train, batch_size=128, shuffle=True, num_workers=2)
    test_loader = DataLoader(test, batch_size=128, num_workers=2)
    encoder = LeNetPP() if arguments.basemodel == "LeNet_pp" else MiniResNet18()
    head = CosFace()
    optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=1e-3)
    pictures = []
    for epoch in range(arguments.epochs):
        started = time.perf_counter()
        encoder.train()
        for x, y in train_loader:
            loss = F.cross_entropy(head(encoder(x), y), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        features, labels, accuracy = evaluate(encoder, head, test_loader)
        trained = time.perf_counter()
        pictures.append(arguments.out / f"epoch_{epoch:02d}.png")
        draw(features, labels, head.weight.detach().numpy(), pictures[-1])
        drawn = time.perf_counter()
        line = {"epoch": epoch + 1, "epoch_s": trained - started, "draw_s": drawn - trained, "accuracy": accuracy}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    started = time.perf_counter()
    imageio.mimsave(arguments.out / "test.gif", [imageio.imread(picture) for picture in pictures], duration=500, loop=0)
    sys.stdout.write(json.dumps({"gif_s": time.perf_counter() - started}) + "\n")


if __name__ == "__main__":
    main()

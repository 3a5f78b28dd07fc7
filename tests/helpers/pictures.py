"""Tests ask this of every picture that a command writes."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from train.pictures.style import picture_files, save

WIDTH = 1700


def check_not_blank(png: Path) -> None:
    """The PNG is as wide as all are and shows something on white, and the SVG beside it is one with shapes in it."""
    with Image.open(png) as image:
        pixels = np.asarray(image.convert("RGB"))
    height, width, _ = pixels.shape
    assert width == WIDTH
    assert width / 3 < height < width
    colours = np.unique(pixels.reshape(-1, 3), axis=0)
    assert len(colours) > 50
    white = (pixels == 255).all(-1).mean()
    assert 0.1 < white < 0.97
    root = ElementTree.parse(png.with_suffix(".svg")).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 30


def texts(figure: Figure) -> str:
    """Everything that is written in a picture."""
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def check_saved(figure: Figure, folder: Path) -> None:
    """A picture can be saved, and shows something."""
    files = picture_files("--output", folder / "picture.png")
    save(figure, files)
    check_not_blank(files[0])

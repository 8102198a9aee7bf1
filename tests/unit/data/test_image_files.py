"""One image of a folder: what is kept of it, and what is refused because it would be lost without a word."""

import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fsnas.data.sources.imagefolder import read as read_folder
from fsnas.errors import DataError

PIXELS = np.random.default_rng(0).integers(256, size=(10, 12, 3), dtype=np.uint8)
PICTURE, OTHER = Image.fromarray(PIXELS), Image.fromarray(PIXELS[::-1].copy())
PALETTE = PICTURE.convert("P")
UPRIGHT = {  # by the value of the EXIF orientation, what brings an image upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def png(depth: int, colour: int) -> bytes:
    """A PNG whose samples have ``depth`` bits; Pillow writes no coloured ones with 16."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    rows = b"".join(b"\0" + bytes([200]) * (12 * channels * depth // 8) for _ in range(10))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 12, 10, depth, colour, 0, 0, 0)), (b"IDAT", zlib.compress(rows))]
    chunks = [
        struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in [*parts, (b"IEND", b"")]
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tiff(bits: int) -> bytes:
    """A coloured TIFF of one strip, whose samples have ``bits`` bits."""
    data = bytes(10 * 12 * 3 * bits // 8)
    tags = [(256, 1, 12), (257, 1, 10), (258, 3, 8 + 2 + 12 * 9 + 4), (259, 1, 1), (262, 1, 2), (273, 1, 200)]
    tags += [(277, 1, 3), (278, 1, 10), (279, 1, len(data))]
    entries = b"".join(struct.pack("<HHII", tag, 3, count, value) for tag, count, value in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<IHHH", 0, bits, bits, bits)
    return head.ljust(200, b"\0") + data


@pytest.fixture
def one(tmp_path):
    """Write one image among others with ``one(name, write)``, and get its array and what the log says."""

    def read(name, write, **options):
        for label in ("ant", "cat"):
            (tmp_path / "train" / label).mkdir(parents=True)
        OTHER.copy().save(tmp_path / "train" / "ant" / "0.png")
        write(tmp_path / "train" / "cat" / name)
        said = []
        images = read_folder(folder=tmp_path, progress=said.append, **options).images
        return images[1].transpose(1, 2, 0), "\n".join(said)

    return read


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_an_image_is_turned_as_its_exif_says(orientation, suffix, one):
    upright = Image.fromarray(PIXELS[:, :10])
    lying = upright.transpose(UPRIGHT[{6: 8, 8: 6}.get(orientation, orientation)])  # the inverse
    exif = Image.Exif()
    exif[0x0112] = orientation
    how = {"tiffinfo": {274: orientation}} if suffix == "tif" else {"exif": exif}
    how |= {"quality": 100, "subsampling": 0, "lossless": True}
    found, said = one(f"0.{suffix}", lambda f: lying.save(f, **how), image_size=10)
    assert abs(found.astype(int) - np.asarray(upright)).max() <= (8 if suffix == "jpg" else 0)
    assert "1 of 2 images are turned, as their EXIF orientation says" in said


@pytest.mark.parametrize("orientation", [0, 1, 77])
def test_an_orientation_that_turns_nothing_changes_nothing(orientation, one):
    exif = Image.Exif()
    exif[0x0112] = orientation
    found, said = one("0.png", lambda f: PICTURE.save(f, exif=exif))
    np.testing.assert_array_equal(found, PIXELS)
    assert "turned" not in said


def transparent(mode="RGBA"):
    image = PICTURE.convert("RGBA")
    image.putpixel((3, 4), (1, 2, 3, 254))
    return image.convert(mode)


def pages(file, **how):
    PICTURE.save(file, save_all=True, append_images=[OTHER], **how)


DEEP, CLEAR, MANY = r"more than 8 bits a channel.*; save it with 8 bits", "has transparent pixels", "holds 2 pictures"
LOST = {
    "16-bit colour": ("0.png", lambda f: f.write_bytes(png(16, 2)), rf"its mode 'RGB' has {DEEP}"),
    "16-bit grey": ("0.png", lambda f: f.write_bytes(png(16, 0)), rf"its mode 'I;16' has {DEEP}"),
    "16-bit colour with alpha": ("0.png", lambda f: f.write_bytes(png(16, 6)), DEEP),
    "16-bit grey with alpha": ("0.png", lambda f: f.write_bytes(png(16, 4)), DEEP),
    "16-bit TIFF": ("0.tif", lambda f: f.write_bytes(tiff(16)), DEEP),
    "16-bit PPM": ("0.ppm", lambda f: f.write_bytes(b"P6 12 10 65535\n" + bytes(720)), DEEP),
    "10-bit PPM in text": ("0.ppm", lambda f: f.write_text("P3 12 10 1023\n" + "17 " * 360), DEEP),
    "10-bit PGM": ("0.pgm", lambda f: f.write_bytes(b"P5 12 10 1023\n" + bytes(240)), DEEP),
    "float TIFF": ("0.tif", lambda f: PICTURE.convert("F").save(f), rf"'F' has {DEEP}"),
    "32-bit TIFF": ("0.tif", lambda f: PICTURE.convert("I").save(f), rf"'I' has {DEEP}"),
    "an alpha channel": ("0.png", lambda f: transparent().save(f), CLEAR),
    "grey with alpha": ("0.png", lambda f: transparent("LA").save(f), CLEAR),
    "WebP with alpha": ("0.webp", lambda f: transparent().save(f, lossless=True), CLEAR),
    "TIFF with alpha": ("0.tif", lambda f: transparent().save(f), CLEAR),
    "a transparent entry": ("0.png", lambda f: PALETTE.save(f, transparency=PALETTE.getpixel((3, 3))), CLEAR),
    "a transparent grey": ("0.png", lambda f: Image.new("L", (12, 10), 3).save(f, transparency=3), CLEAR),
    "a transparent colour": (
        "0.png",
        lambda f: PICTURE.save(f, transparency=PICTURE.getpixel((3, 3))),
        rf"train/cat/0\.png: {CLEAR}; .*; put it on a background and save it without transparency, or remove it",
    ),
    "pages": ("0.tif", pages, MANY),
    "an animated PNG": ("0.png", pages, MANY),
    "an animated WebP": ("0.webp", pages, MANY),
    "an animated GIF": ("0.gif", pages, rf"{MANY} \(pages or frames\); expected one; save each as a file of its own"),
    "another format": ("0.png", lambda f: PICTURE.save(f, format="JPEG2000"), "JPEG2000; expected JPEG, .*; save it"),
    "text": ("0.png", lambda f: f.write_text("no image"), "train/cat/0\\.png: cannot be read as an 8-bit image"),
    "an empty file": ("0.png", lambda f: f.write_bytes(b""), r"cannot be read .*; the file is empty\); replace or rem"),
    "a bomb": ("0.png", lambda f: Image.new("1", (20_000, 10_000)).save(f), r"cannot be read .*200000000 pixels"),
    "too small": ("0.png", lambda f: PICTURE.resize((7, 9)).save(f), "7x9 pixels; expected at least 8 a side; remove"),
    "one pixel": ("0.png", lambda f: PICTURE.resize((1, 1)).save(f), r"1x1 pixels; .*, or set data\.image_size"),
}


@pytest.mark.parametrize(("name", "write", "message"), LOST.values(), ids=LOST)
def test_what_would_be_lost_is_refused(name, write, message, one):
    with pytest.raises(DataError, match=message):
        one(name, write)


WHITE = Image.new("RGBA", (12, 10), "white")
MENDED = {
    "8 bits a channel": ("0.png", lambda f: f.write_bytes(png(8, 2)), {}),
    "8 bits a channel of a TIFF": ("0.tif", lambda f: f.write_bytes(tiff(8)), {}),
    "on a background": ("0.png", lambda f: Image.alpha_composite(WHITE, transparent()).convert("RGB").save(f), {}),
    "a picture of its own": ("0.gif", lambda f: PICTURE.save(f), {}),
    "resized": ("0.png", lambda f: PICTURE.resize((1, 1)).save(f), {"image_size": 8}),
}


@pytest.mark.parametrize(("name", "write", "options"), MENDED.values(), ids=MENDED)
def test_what_a_message_advises_helps(name, write, options, one):
    one(name, write, **options)


KEPT = {
    "an opaque alpha channel": ("0.png", lambda f: PICTURE.convert("RGBA").save(f)),
    "an opaque WebP": ("0.webp", lambda f: PICTURE.convert("RGBA").save(f, lossless=True)),
    "a transparent colour that no pixel has": ("0.png", lambda f: PICTURE.save(f, transparency=(1, 2, 3))),
    "two pictures of one camera": ("0.jpg", lambda f: pages(f, format="MPO", quality=100, subsampling=0)),
    "PPM": ("0.ppm", lambda f: PICTURE.save(f)),
    "capital letters": ("0.PNG", lambda f: PICTURE.save(f)),
}


@pytest.mark.parametrize(("name", "write"), KEPT.values(), ids=KEPT)
def test_what_loses_nothing_is_read(name, write, one):
    found, said = one(name, write)
    assert abs(found.astype(int) - PIXELS).max() <= (8 if name == "0.jpg" else 0)
    assert re.fullmatch(r".*: has no test/, so that one in 6 images of each class tests, 2 drawn by data\.seed 0", said)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_one_bit_becomes_black_and_white(suffix, one):
    found, _ = one(f"0.{suffix}", lambda f: PICTURE.convert("1").save(f))
    assert set(np.unique(found)) == {0, 255}


def test_cmyk_is_said(one):
    _, said = one("0.jpg", lambda f: PICTURE.convert("CMYK").save(f))
    assert "1 of 2 images are CMYK, and become RGB without their colour profile" in said


def test_what_is_not_square_is_squashed_and_the_log_says_so(one):
    found, said = one("0.png", lambda f: PICTURE.resize((30, 10)).save(f), image_size=8)
    expected = PICTURE.resize((30, 10)).resize((8, 8), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(found, np.asarray(expected))
    assert (
        "2 of 2 images are not square, the longer side up to 3.00 times the shorter one: they are squashed to 8x8 "
        "(data.resize: centre_crop takes the square in their centre instead)" in said
    )


@pytest.mark.parametrize(("size", "box"), [((30, 10), (10, 0, 20, 10)), ((9, 20), (0, 5, 9, 14)), ((9, 9), None)])
def test_a_centre_crop_keeps_proportions(size, box, one):
    picture = PICTURE.resize(size)
    found, said = one("0.png", lambda f: picture.save(f), image_size=8, resize="centre_crop")
    expected = picture.crop(box).resize((8, 8), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(found, np.asarray(expected))
    assert "cut to the square in their centre (data.resize: centre_crop)" in said and "squashed" not in said

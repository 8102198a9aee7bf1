"""Batches."""
import numpy as np, torch
from fsnas.seeding import generator

def _x(ds, idx, device):
    x = torch.from_numpy(ds.images[idx]).float() / 255
    m, s = (torch.tensor(v, dtype=torch.float32).view(1, -1, 1, 1) for v in (ds.mean, ds.std))
    return ((x - m) / s).to(device), torch.from_numpy(ds.labels[idx]).to(device)

def training_batches(ds, *, batch_size, epoch_seed, crop_padding, flip, device):
    p = np.random.default_rng(epoch_seed).permutation(ds.splits["train"])
    for i in range(0, len(p) - batch_size + 1, batch_size):
        yield _x(ds, p[i:i+batch_size], device)

def evaluation_batches(ds, part, *, batch_size, device):
    p = ds.splits[part]
    for i in range(0, len(p), batch_size):
        yield _x(ds, p[i:i+batch_size], device)

def scoring_batches(ds, *, batch_size, repetitions, seed, device):
    p = generator(seed, "b").permutation(ds.splits["train"])
    return [_x(ds, p[i*batch_size:(i+1)*batch_size], device) for i in range(repetitions)]

def random_crops(ds, *, samples, size=3, seed, device):
    r = generator(seed, "c"); n, c, h, w = ds.images.shape
    i = r.choice(ds.splits["train"], samples); ch = r.integers(c, size=samples); y = r.integers(h-size+1, size=samples); x = r.integers(w-size+1, size=samples)
    a = np.arange(size)
    crops = ds.images[i[:, None, None], ch[:, None, None], (y[:, None]+a)[:, :, None], (x[:, None]+a)[:, None, :]] / 255
    crops = (crops - ds.mean[ch][:, None, None]) / ds.std[ch][:, None, None]
    return torch.from_numpy(crops[:, None].astype(np.float32)).to(device)

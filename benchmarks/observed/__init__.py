"""Public observations of ComfyUI, each turned into a workload and laid beside what we forecast for it.

What is judged, and how, whatever wrote the row (a row's source, its quote and its date are never read):

* Outcomes (every row but `weights` and `filesize`): a row that states a card (or its size), a model with its
  storage, a size (and frames, of a video) and how it ended, and that ran in ComfyUI itself. All else that is
  missing takes its usual value (data/evidence/words.toml) or that of the model's official template
  (data/evidence/families.toml).
* Which ComfyUI: the row's own version. Without one, several are possible: the one that brought the model, the
  last with the legacy manager alone (0.3.75, or that of the ROCm that is stated), and today's. A card that is
  sold in two sizes counts as both. A row is right if its outcome lies in what these forecasts say; where only
  some of them say so it is counted as `either` as well, so that the share can be given with and without.
* Which outcome a verdict allows: `oom` is right for a run that failed, and on Windows with an NVIDIA card
  `spill` too; `resident`, `streamed` and `disk` for one that ended; `streamed` and `disk` for one whose
  weights were loaded in part; for one that was slow `streamed`, `disk`, `spill`, or a forecast of half as
  long again as with all weights on the card, or of ten minutes. `tight` allows failure and success. A process
  that was killed for want of RAM is right only by what is said of RAM.
* A false fine: it failed, and no forecast of it said so. A false alarm: it ran, and all forecasts say `oom`.
* Megabytes (`weights`): a row that names a file, or a class and a storage. Ours is what ComfyUI would hold.
* Seconds: every row that states them, per step or for a run whose steps are stated, and all that a forecast
  needs. The error is |ours - theirs| / theirs, the ratio the larger over the smaller. `again` are runs with
  the models at hand, as most that are timed; of several possible machines the nearest counts.
* Bytes (`filesize`): of a published file of ours, or of the file that a recipe makes.
"""

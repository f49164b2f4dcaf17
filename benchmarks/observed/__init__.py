"""Public observations of ComfyUI, each turned into a workload and laid beside what we forecast for it.

What is judged, and how, whatever wrote the row (a row's source, its quote and its date are never read):

* `weights`: a row that names a file, or a class and a storage. Ours is what ComfyUI would hold of those
  components; the error is that of the megabytes.
* `fit`, `oom`: a row that states a card (or its size), a model with its storage, a size (and frames, of a video)
  and how it ended, and that ran in ComfyUI itself. All else that is missing takes its usual value
  (data/evidence/words.toml) or that of the model's official template (data/evidence/families.toml).
* Which ComfyUI: the row's own version. Without one, two policies are possible, that of the last ComfyUI with
  the legacy manager alone (0.3.75, or the one that brought the model) and today's. A row is right if its
  outcome lies in what these forecasts say; where only one of them says so it is counted as `either` as well,
  so that the share can be given with and without such rows.
* Which outcome a verdict allows: `oom` is right for a run that failed, and on Windows with an NVIDIA card `spill`
  too; `resident`, `streamed` and `disk` for one that ended; `streamed`, `disk` and `spill` for one that was slow;
  `streamed` and `disk` for one whose weights were loaded in part. `tight` allows failure and success. A process
  that was killed for want of RAM is right only by what is said of RAM.
* A false fine: it failed, and no forecast of it said so. A false alarm: it ran, and every forecast said `oom`.
* Seconds: every row that states them (per step or for a run) and all that a forecast needs, whatever its kind;
  the error is |ours - theirs| / theirs, the ratio the larger over the smaller.
* `filesize`: bytes of a published file of ours, or of the file that a recipe makes.
"""

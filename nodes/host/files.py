"""Where the files of a prompt lie, by ComfyUI's own folders."""

from pathlib import Path

# Packs that load GGUF files keep folder lists of their own for them, beside ComfyUI's.
GGUF_FOLDERS = {"diffusion_models": "unet_gguf", "text_encoders": "clip_gguf"}
# Where this pack keeps what it learns, in ComfyUI's user folder; no route serves a folder named so.
OWN = "vram_forecast"


def resolve(folder: str, name: str) -> Path | None:
    """The file that a loader's widget names, by ComfyUI's folder name; None where there is none."""
    import folder_paths

    if folder == "input":
        return resolve_input(name)
    for known in (folder, GGUF_FOLDERS.get(folder)):
        try:
            path = folder_paths.get_full_path(known, name) if known else None
        except ValueError:  # another drive, on Windows: no name of a file in a model folder
            return None
        if path:
            return Path(path)
    return None


def resolve_input(name: str) -> Path | None:
    """The picture, video or sound that a node names, by ComfyUI's input folder or the one that it adds."""
    import folder_paths

    plain, base = folder_paths.annotated_filepath(name)
    root = Path(base or folder_paths.get_input_directory()).resolve()
    try:
        path = (root / plain).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except (OSError, ValueError):  # names that no file can have
        return None


def names(folder: str) -> tuple[str, ...]:
    """The files in one of ComfyUI's folders as loaders name them; none of a folder that it does not have."""
    import folder_paths

    kinds = [
        kind for kind in (folder, GGUF_FOLDERS.get(folder)) if kind in folder_paths.folder_names_and_paths
    ]
    return tuple(dict.fromkeys(name for kind in kinds for name in folder_paths.get_filename_list(kind)))


def user_folder() -> Path:
    """This pack's own folder in ComfyUI's user folder; it need not exist yet."""
    import folder_paths

    try:
        return Path(folder_paths.get_system_user_directory(OWN))
    except (AttributeError, ValueError):  # versions before system users
        return Path(folder_paths.get_user_directory()) / f"__{OWN}"


def checkout() -> Path:
    """The folder of this ComfyUI's own code."""
    import folder_paths

    return Path(folder_paths.__file__).resolve().parent

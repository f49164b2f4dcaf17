"""Why there is no answer, in one sentence."""


class NoForecast(Exception):
    """Why there is none, in one sentence; `status` as HTTP has it: 400 for bad input, 500 for a defect."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status

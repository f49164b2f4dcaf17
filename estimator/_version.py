"""The version of the product, in the one place where code can read it in a clone and in a wheel."""

__version__ = "0.1.0"

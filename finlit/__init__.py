"""明白账: a Chinese financial-literacy assistant for borrowers.

Importing this package loads neither Rasa nor TensorFlow; only ``finlit.nlu``,
``finlit.dialogue``, ``finlit.channels`` and ``finlit.content.importer`` do.
"""

__version__ = "0.1.0"

"""The processes behind ``finlit run``: the action server, the Rasa server, and who watches them."""

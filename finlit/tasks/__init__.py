"""Guided tasks: what is asked in which order, how an answer is read, what happens with one message.

Plain Python, no Rasa. A task is declared in one module here, its texts stand in
``data/tasks/<task>.yml``, its action in ``actions/<task>.py``. ``hearing`` says what a message
means for an open task, ``progress`` what follows; both are the same for every task.
"""

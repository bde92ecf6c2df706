"""The editors' console: content is changed in a draft, measured, published and taken back, without a developer.

Git is the truth: a draft is a branch with a worktree of its own, a save is a commit in the editor's
name, a publication is one commit on the published branch. The database holds accounts, the audit
trail and how far a publication has come. Nothing here imports Rasa; models run in their own process
(``model_process``).
"""

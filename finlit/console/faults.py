"""Why a publication or a report came to nothing, as the editor reads it."""

from __future__ import annotations

import logging

from finlit.console import git, measuring, smoke
from finlit.console.drafts import Conflict, MovedOn
from finlit.console.models import ModelFailed

logger = logging.getLogger(__name__)
CHANGED_SINCE = "提出发布以后，草稿又改过。请撤回，看过新的修改再提一次。"


def told(fault: Exception) -> str:
    """Return a fault as the editor reads it; one that nobody foresaw goes to the log whole."""
    if isinstance(fault, Conflict):
        return f"和已发布的修改冲突：{fault}。请先在「草稿」页合并。"
    if isinstance(fault, MovedOn):
        return CHANGED_SINCE
    if not isinstance(fault, (measuring.Blocked, ModelFailed, smoke.SmokeFailed, git.GitFailed, OSError)):
        logger.error("a publication met an unforeseen fault", exc_info=fault)
        return f"后台自己出了错（{type(fault).__name__}），请找管理员看日志"
    return str(fault)

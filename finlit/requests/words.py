"""What staff read of a request: kinds, states, steps and lines, in Chinese."""

from __future__ import annotations

KIND_NAMES = {"hardship": "困难申请", "complaint": "投诉", "handoff": "转人工"}
STATE_NAMES = {"open": "待受理", "assigned": "处理中", "answered": "已回复", "closed": "已办结"}
LINE_NAMES = {
    "reason": "原因类别", "words": "原因", "monthly": "每月能还（元）", "contact": "联系时间", "loan": "借款",
    "happened": "经过", "when": "时间", "wanted": "要求", "question": "留言",
}  # fmt: skip
STEP_NAMES = {"opened": "提交", "assigned": "分派", "answered": "回复", "closed": "办结"}
_CHOICES = {
    "reason": {"lost_job": "失业", "ill": "生病", "income_down": "收入减少", "family": "家里的事", "disaster": "受灾",
               "other": "其他"},
    "contact": {"morning": "上午", "afternoon": "下午", "evening": "晚上", "weekend": "周末", "any": "随时"},
}  # fmt: skip


def said(line: str, text: str) -> str:
    """Return what stands in a line as staff read it; the customer's own words stay."""
    return _CHOICES.get(line, {}).get(text, text)

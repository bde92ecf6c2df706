// What the frame of the page says. Answers come from the server; nothing here is about money.

export const STARTERS = ["逾期有什么后果", "逾期会上征信吗", "罚息怎么算", "还不上了怎么办", "催收太频繁怎么办"];
export const HANDOFF = "转人工";
export const LEAVE = "退出核验";
export const HIDDEN = "核验身份后可以再看。";
export const VERIFY = "核验身份";

export const REFUSALS = {
  expired: "对话已过期，已为你开始新的对话。",
  not_understood: "这条没能发出去，请刷新页面再试。",
  too_long: "这段话太长了，请分几次说。",
  trouble: "抱歉，我这边出了点问题。你的话还在，正在自动重试。",
  from_elsewhere: "这条没能发出去，请直接打开聊天页再试。",
  not_identified: "没能带入登录状态，可以在对话里核验身份。",
  not_found: "这条没能发出去，请刷新页面再试。",
};
export const slowDown = (seconds) => `稍等，消息有点多，${seconds} 秒后自动发出。`;
export const OFFLINE = "网络断开了。你写的话会留着，连上后自动发出。";
export const RECONNECTING = "连不上服务器，正在重新连接。你写的话会留着。";
export const LATE = "回答来得慢一些，还在等。你写的话会留着，不用重发。";
export const NO_ANSWER = "这次没能给出回答，请换个说法再问，或点「转人工」。";
export const RESTART_FAILED = "没连上服务器，还没有重新开始。";

export const SENDING = "发送中…";
export const WAITING = "待发送";
export const COPIED = "已复制";
export const COPY_FAILED = "没能复制，请长按文字选取";
export const COPY = "复制这条回答";
export const UP = "有帮助";
export const full = (most) => `一次最多 ${most} 字，已经写满；多出来的没有放进来，请分几次说`;
export const DOWN = "没帮助";
export const THANKS = "谢谢，已记下";
export const FEEDBACK_FAILED = "没能记下，请稍后再试";
export const WORD_LABEL = "哪里不合适？可以不写";
export const WORD_SEND = "提交";
export const MORE = "更多设置";
export const YOU = "我说：";
export const BOT = "明白账说：";
export const SOURCES = "依据";
export const TABLE_OF_CHART = "图里的数字";
export const CHOICES = "可以接着问";
export const HOTLINES = [
  ["12356", "心理援助热线"],
  ["120", "急救"],
  ["110", "报警"],
];
export const YESTERDAY = "昨天";
export const NEWER = "有新回复 ↓";

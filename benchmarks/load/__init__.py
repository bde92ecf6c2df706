"""Two hundred web and two hundred WeChat users on the real servers: is an answer lost, doubled, crossed or late?

``questions`` makes questions whose answers can be told apart, ``web_user`` and ``wechat_user`` talk as the page and
the platform do, ``results`` judges and reports, ``running`` puts them together.
"""

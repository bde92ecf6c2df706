# 两条命令就够：make run（安装、训练、演示数据、聊天页）和 make test。
SHELL := bash
FINLIT := .venv/bin/finlit
PYTHON := .venv/bin/python
TOOLS := .venv-tools/bin
# 测试在固定的日期运行，不会因为日子过去而变红。
TEST_NOW := 2026-11-23T10:00
export RASA_TELEMETRY_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help run console setup tools train data validate lint types unit integration conversation browser console-day console-test console-faults test bench bench-gate fuzz-web fuzz-wechat load bench-account bench-import properties evaluate clean

help: ## 列出可用的命令
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup train data ## 安装、训练、放演示数据、启动；打开 http://localhost:5005/
	@$(FINLIT) run

setup: ## 建好 .venv（已经好了就跳过，坏了就修）
	@scripts/setup

tools: ## 建好 .venv-tools（检查工具和浏览器测试）
	@scripts/setup tools

train: setup ## 训练（内容、配置、代码没变就沿用）
	@$(FINLIT) train

console: setup ## 启动编辑后台；打开 http://localhost:5008/
	@$(FINLIT) console

data: setup ## 建库并放入演示客户
	@$(FINLIT) db demo

validate: setup ## 检查内容：问句、答案、事实、来源
	@$(FINLIT) validate

lint: tools
	@$(TOOLS)/ruff check . && $(TOOLS)/ruff format --check .

types: setup tools
	@$(TOOLS)/mypy --python-executable $(PYTHON)

unit: setup
	@FINLIT_ENV=test FINLIT_NOW=$(TEST_NOW) $(PYTHON) -m pytest -n 2 tests/unit

integration: setup tools train
	@scripts/interop-packages && FINLIT_ENV=test FINLIT_NOW=$(TEST_NOW) scripts/with-postgres $(PYTHON) -m pytest -n 3 --dist loadfile tests/integration tests/nlu

conversation: setup train ## 演全部对话测试，报告在 var/conversations.html
	@FINLIT_ENV=test $(FINLIT) test-conversations --junit var/conversations.xml --report var/conversations.html

browser: setup tools train
	@scripts/browser-packages && FINLIT_ENV=test FINLIT_NOW=$(TEST_NOW) $(TOOLS)/python -m pytest -c tests/browser/pytest.ini tests/browser

console-day: setup tools train ## 编辑的一天，在真浏览器里，两个人
	@scripts/browser-packages && FINLIT_ENV=test FINLIT_NOW=$(TEST_NOW) $(TOOLS)/python -m pytest -c tests/browser/pytest.ini tests/console/test_access.py tests/console/test_editors_day.py

console-test: setup tools train ## 在真浏览器里走一遍编辑后台：编辑的一天、两个人、键盘、平板
	@scripts/browser-packages && FINLIT_ENV=test FINLIT_NOW=$(TEST_NOW) $(TOOLS)/python -m pytest -c tests/browser/pytest.ini tests/console --ignore tests/console/test_publication.py

console-faults: setup tools train ## 发布途中：两个渠道有人在聊、断电、坏模型自动退回（约十分钟，不在 make test 里）
	@scripts/browser-packages && FINLIT_ENV=test FINLIT_NOW=$(TEST_NOW) $(TOOLS)/python -m pytest -c tests/browser/pytest.ini tests/console/test_publication.py

test: setup tools lint types validate unit train integration conversation browser console-day ## 全部检查和测试（约二十分钟）
	@echo "✓ 全部通过"

fuzz-web: setup train ## 每个网页地址一万次敌意请求（只打本机，约二十分钟），报告写到 docs/benchmarks/fuzz-web.md
	@$(PYTHON) -m benchmarks.hostile_web --report docs/benchmarks/fuzz-web.md

load: setup train ## 两个渠道各 200 人、每 10 秒一句、两分钟（只打本机），报告写到 docs/benchmarks/load.md
	@$(PYTHON) -m benchmarks.load --report docs/benchmarks/load.md

fuzz-wechat: setup train ## 一万个恶意请求打微信地址（只在本机）
	@FINLIT_ENV=test FINLIT_HOSTILE_REQUESTS=10000 $(PYTHON) -m pytest tests/integration/test_wechat_journey.py -k hostile

evaluate: train ## 在保留集（和 ../shared 的真实问句，若有）上打分
	@set -e; for file in tests/nlu/heldout.tsv ../shared/eval/real_dev.tsv; do \
	  if [ -f $$file ]; then echo "$$file"; $(FINLIT) evaluate $$file; fi; done

bench: train ## 与原版 Rasa 同场比较，再量账户答案：中位数、比值、图，写到 docs/benchmarks/（原版在全部句子上学 15 遍，约一小时；EPOCHS=100 是它的默认，约六小时）
	@$(PYTHON) -m benchmarks.run --epochs $(or $(EPOCHS),15)
	@$(MAKE) --no-print-directory bench-account

bench-gate: train ## 每个意图只用三句，与原版 Rasa 比快慢和准确率：比值不够就红
	@$(PYTHON) -m benchmarks.run --most 3 --repeat 1 --gate

bench-account: train ## 一百万客户时账户答案的中位数（要 PostgreSQL，约十几分钟，用完自动清掉）
	@FINLIT_TEST_POSTGRES_TUNING=$$'shared_buffers = 1GB\nmax_wal_size = 8GB\nwal_level = minimal\nmax_wal_senders = 0' \
	  scripts/with-postgres $(PYTHON) -m benchmarks.account

bench-import: setup ## 导入 10 万位客户的交付（三百万行 CSV）要多久、占多少内存，写到 docs/benchmarks/import.md（约十分钟）
	@FINLIT_TEST_POSTGRES_TUNING=$$'shared_buffers = 512MB\nmax_wal_size = 4GB' \
	  scripts/with-postgres $(PYTHON) -m benchmarks.import_delivery

properties: setup ## 还款分配和还款计划的每条性质各试一万个随机案例，写到 docs/benchmarks/
	@$(PYTHON) -m benchmarks.properties $(if $(SEED),--seed $(SEED))

clean: ## 删掉模型、数据库和环境
	rm -rf .venv .venv-tools models var .rasa

pytest_plugins = ["nlpearl.sandbox.pytest_plugin"]

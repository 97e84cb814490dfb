// A policy that misbehaves on demand, for the tests of sim/plugin.
//
//     policy_child MODE [EVENT]
//
// It launches executors by first fit, and at the first event of that kind (executor.requested)
// does what MODE says: see `misbehave`. The mode `fit` is always good; `choose` asks for a choice
// of the node; `noted` adds a note, a timer and an executor killed at it.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

struct Room {
    std::int64_t cores = 0;
    std::int64_t memory = 0;
};

class Policy {
public:
    Policy(std::string mode, std::string at) : mode_{std::move(mode)}, at_{std::move(at)} {}

    void run() {
        for (std::string line; std::getline(std::cin, line);) {
            event_ = json::parse(line);
            handle();
        }
    }

private:
    void handle() {
        const std::string kind = event_["event"];
        actions_ = json::array();
        if (kind == at_) {
            misbehave();
        }
        if (kind == "begin") {
            begin();
            say({{"name", "test policy"}});
            return;
        }
        if (kind == "save" && mode_ == "state") {
            say({{"state", {{"wanted", wanted_}, {"number", number_}}}});
            return;
        }
        if (kind == "load" && mode_ == "state") {
            wanted_ = event_["state"]["wanted"].get<std::map<std::string, std::int64_t>>();
            number_ = event_["state"]["number"];
            say({{"actions", json::array()}});
            return;
        }
        if (kind == "save" || kind == "load") {
            say({{"error", "it keeps no state"}});
            return;
        }
        learn(kind);
        schedule();
        say({{"actions", actions_}});
    }

    void begin() {
        for (const json& app : event_["apps"]) {
            const json& executor = app["executor"];
            if (app["deploy_mode"] == "cluster") {
                drivers_[app["app"]] = {app["driver"]["cores"], app["driver"]["memory"]};
            }
            sizes_[app["app"]] = {executor["cores"].is_null() ? 1 : executor["cores"].get<int>(),
                                  executor["memory"]};
        }
    }

    void learn(const std::string& kind) {
        if (kind == "worker.joined") {
            nodes_[event_["node"]] = {event_["cores"], event_["memory"]};
        } else if ((kind == "app.submitted" || kind == "driver.lost") &&
                   drivers_.contains(event_["app"])) {
            launch_driver(kind == "app.submitted" ? "w-1" : "w-2");
        } else if (kind == "executor.requested") {
            wanted_[event_["app"]] = event_["total"];
            if (mode_ == "noted") {
                actions_.push_back({{"action", "manager.note"}, {"text", "asked for"}});
            }
            if (mode_ == "noted" || mode_ == "state") {
                actions_.push_back({{"action", "timer"}, {"in", 700'000}, {"app", event_["app"]}});
            }
        } else if (kind == "timer" && mode_ == "late") {
            actions_.push_back({{"action", "timer"}, {"at", 0}});
        } else if (kind == "timer" && mode_ == "noted" && grants_.contains("e1") && !killed_) {
            killed_ = true;
            actions_.push_back({{"action", "executor.kill"},
                                {"app", event_["app"]},
                                {"exec", "e1"},
                                {"reason", "preempted"}});
        } else if (kind == "executor.registered" && mode_ == "harm" && event_["exec"] == "e1") {
            for (int time = 0; time < 2; ++time) {  // the second has nobody to befall
                actions_.push_back({{"action", "fault.inject"},
                                    {"fault", "kill-executor"},
                                    {"app", event_["app"]},
                                    {"exec", "e1"}});
            }
            actions_.push_back({{"action", "fault.inject"},
                                {"fault", "slow-worker"},
                                {"node", "w-2"},
                                {"percent", 200},
                                {"for", 1'000'000}});
        } else if (kind == "executor.lost" && grants_.contains(event_["exec"])) {
            const auto [app, node] = grants_[event_["exec"]];
            nodes_[node].cores += sizes_[app].cores;
            nodes_[node].memory += sizes_[app].memory;
            grants_.erase(event_["exec"]);
            --running_[app];
        } else if (kind == "app.ended") {
            wanted_.erase(event_["app"]);
        }
    }

    void schedule() {
        for (const auto& [app, total] : wanted_) {
            while (running_[app] < total) {
                const Room& size = sizes_[app];
                std::vector<std::string> fitting;
                for (const auto& [name, room] : nodes_) {
                    if (room.cores >= size.cores && room.memory >= size.memory) {
                        fitting.push_back(name);
                    }
                }
                if (fitting.empty()) {
                    break;
                }
                launch(app, fitting[mode_ == "choose" ? choose(app, fitting.size()) : 0]);
            }
        }
    }

    void launch_driver(const std::string& node) {
        const Room& size = drivers_[event_["app"]];
        nodes_[node].cores -= size.cores;
        nodes_[node].memory -= size.memory;
        actions_.push_back({{"action", "driver.launch"},
                            {"app", event_["app"]},
                            {"node", node},
                            {"cores", size.cores},
                            {"memory", size.memory}});
    }

    void launch(const std::string& app, const std::string& node) {
        nodes_[node].cores -= sizes_[app].cores;
        nodes_[node].memory -= sizes_[app].memory;
        ++running_[app];
        grants_["e" + std::to_string(++number_)] = {app, node};
        actions_.push_back({{"action", "executor.launch"},
                            {"app", app},
                            {"node", node},
                            {"cores", sizes_[app].cores},
                            {"memory", sizes_[app].memory}});
    }

    std::size_t choose(const std::string& app, std::size_t n) {
        say({{"choose", {{"label", "node for " + app}, {"n", n}}}});
        std::string line;
        std::getline(std::cin, line);
        return json::parse(line)["pick"];
    }

    void say(json answer) {
        answer["seq"] = event_["seq"];
        std::cout << answer.dump() << std::endl;
    }
    void act(json action) { say({{"actions", json::array({std::move(action)})}}); }

    [[noreturn]] static void wait_for_ever() {
        while (true) {
            ::pause();
        }
    }

    void misbehave() {
        const json launch{{"action", "executor.launch"},
                          {"app", "etl"},
                          {"node", "w-1"},
                          {"cores", 2},
                          {"memory", 1 << 30}};
        const auto with = [&](const char* key, const json& value) {
            json changed = launch;
            changed[key] = value;
            act(changed);
        };
        if (mode_ == "crash") {
            std::raise(SIGKILL);
        } else if (mode_ == "choose-and-crash") {
            say({{"choose", {{"label", "x"}, {"n", 1000}}}});
            std::string pick;
            std::getline(std::cin, pick);
            std::raise(SIGKILL);
        } else if (mode_ == "exit") {
            std::exit(3);
        } else if (mode_ == "hang") {
            wait_for_ever();
        } else if (mode_ == "close") {
            ::close(STDOUT_FILENO);
            wait_for_ever();
        } else if (mode_ == "print") {
            std::cout << "asked for executors" << std::endl;
        } else if (mode_ == "list") {
            std::cout << "[1,2]" << std::endl;
        } else if (mode_ == "deep") {
            std::cout << std::string(100'000, '[') << std::endl;
        } else if (mode_ == "seq") {
            event_["seq"] = 99;
        } else if (mode_ == "silent-answer") {
            say(json::object());
        } else if (mode_ == "more") {
            say({{"actions", json::array()}, {"note", "hello"}});
        } else if (mode_ == "give-up") {
            say({{"error", "the moon is wrong"}});
        } else if (mode_ == "kind") {
            act({{"action", "executor.lunch"}});
        } else if (mode_ == "key") {
            with("core", 2);
        } else if (mode_ == "lacks") {
            act({{"action", "executor.kill"}, {"app", "etl"}, {"exec", "e1"}});
        } else if (mode_ == "type") {
            with("cores", "two");
        } else if (mode_ == "node") {
            with("node", "w-9");
        } else if (mode_ == "room") {
            with("cores", 5);
        } else if (mode_ == "past") {
            act({{"action", "timer"}, {"at", -1}});
        } else if (mode_ == "n") {
            say({{"choose", {{"label", "x"}, {"n", 0}}}});
        } else if (mode_ == "both") {
            say({{"choose", {{"label", "x"}, {"n", 2}}}, {"actions", json::array({launch})}});
        } else if (mode_ == "reason") {
            act({{"action", "executor.kill"}, {"app", "etl"}, {"exec", "e1"}, {"reason", "x"}});
        } else if (mode_ == "late") {
            actions_.push_back({{"action", "timer"}, {"in", 1'000'000}});
            return;
        } else if (mode_ == "wake") {
            act({{"action", "timer"}, {"in", 0}});
        } else if (mode_ == "many") {
            say({{"actions", std::vector<int>(1'000'001)}});
        } else if (mode_ == "flood") {
            std::cout << std::string((std::size_t{64} << 20) + 2, 'x') << std::endl;
        } else if (mode_ == "orphan" || mode_ == "orphan-and-hang") {
            const pid_t other = ::fork();
            if (other == 0) {
                wait_for_ever();
            }
            std::ofstream{"orphan.pid"} << ::getpid() << ' ' << other;
            if (mode_ == "orphan") {
                return;
            }
        } else {
            return;
        }
        if (mode_ != "seq") {
            std::string line;
            while (mode_ == "wake" && std::getline(std::cin, line)) {
                event_ = json::parse(line);
                act({{"action", "timer"}, {"in", 0}});
            }
            wait_for_ever();
        }
    }

    std::string mode_;
    std::string at_;
    json event_;
    json actions_;
    std::map<std::string, Room> sizes_;
    std::map<std::string, Room> drivers_;  // of applications in cluster mode
    std::map<std::string, Room> nodes_;
    std::map<std::string, std::int64_t> wanted_;
    std::map<std::string, std::int64_t> running_;
    std::map<std::string, std::pair<std::string, std::string>> grants_;
    int number_ = 0;
    bool killed_ = false;
};

}  // namespace

int main(int argc, char** argv) {
    Policy{argc > 1 ? argv[1] : "fit", argc > 2 ? argv[2] : "executor.requested"}.run();
}

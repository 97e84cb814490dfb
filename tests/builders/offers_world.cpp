#include "tests/builders/offers_world.hpp"

#include <variant>

#include "core/event_text.hpp"

namespace forkyard {

namespace {

AppSpec app_with(const AppConf& conf, std::vector<PoolSpec> pools, Chooser* chooser) {
    AppSpec app;
    app.name = "app";
    app.conf = conf;
    app.conf.offers = chooser == nullptr ? OfferOrder::in_order : OfferOrder::shuffled;
    app.pools = std::move(pools);
    return app;
}
std::string offer_line(const Action& action) {
    if (const auto* launch = std::get_if<LaunchTask>(&action)) {
        return fmt::format("{} on e{} at {}{}",
                           text_of(launch->task),
                           launch->exec.value,
                           to_text(launch->loc),
                           launch->spec ? ", a copy" : "");
    }
    return line_of(action);
}

}  // namespace

OffersWorld::OffersWorld(const AppConf& conf, std::vector<PoolSpec> pools, Chooser* chooser)
    : app_{app_with(conf, std::move(pools), chooser)},
      cluster_{cluster_with_racks({})},
      scheduler_{AppId{0}, app_, cluster_},
      chooser_{chooser == nullptr ? &boring_ : chooser} {}

OffersWorld::~OffersWorld() = default;

Lines OffersWorld::until(SimDuration since_start) {
    Lines lines;
    while (!timers_.empty() && timers_.begin()->first <= SimTime{since_start}) {
        const auto [when, what] = *timers_.begin();
        timers_.erase(timers_.begin());
        if (!scheduler_.due(when, what)) {
            continue;
        }
        at(when.time_since_epoch());
        lines.push_back(fmt::format("at {} ms", micros(when) / 1000));
        append(lines, decide([&, kind = what](Step& step) { fire(step, kind); }));
    }
    at(since_start);
    return lines;
}

Lines OffersWorld::lost(ExecutorId exec, LossReason reason) {
    Decisions decisions;
    Lines lines = decide(decisions, [&](Step& step) {
        scheduler_.remove_executor(step, ExecutorLost{AppId{0}, exec, reason, 0, {}});
    });
    for (const TaskFinished& next : decisions.consequences) {
        lines.push_back(fmt::format("then {} {}", text_of(next.task), to_text(next.status)));
        append(lines, end(next));
    }
    return lines;
}

void OffersWorld::fire(Step& step, TimerKind what) {
    if (what == TimerKind::revive_offers) {
        scheduler_.revive(step);
    } else if (what == TimerKind::speculation) {
        scheduler_.speculate(step);
    } else {
        scheduler_.expire_unschedulable(step.now);
    }
}

Lines OffersWorld::decide(const std::function<void(Step&)>& what) {
    Decisions decisions;
    return decide(decisions, what);
}

Lines OffersWorld::decide(Decisions& decisions, const std::function<void(Step&)>& what) {
    Step step{now_, decisions, *chooser_};
    what(step);
    scheduler_.arm_timers(step);
    for (const TimerRequest& request : decisions.timers) {
        timers_.emplace(request.at, request.timer.what);
    }
    Lines lines;
    for (const Action& action : decisions.actions) {
        lines.push_back(offer_line(action));
        if (const auto* launch = std::get_if<LaunchTask>(&action)) {
            launches_.push_back({now_, *launch});
        }
    }
    return lines;
}

}  // namespace forkyard

// A driver program of one's own: the ten most frequent words of a text.
#include <forkyard/session.hpp>
#include <iostream>

namespace {

// A function of one's own, for steps to name: the word in capitals.
forkyard::Computed<forkyard::Value> shout(forkyard::Value record, forkyard::Arguments /*args*/) {
    std::string word = record.take_text();
    for (char& letter : word) {
        letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    return forkyard::Value{std::move(word)};
}

void top_words(forkyard::Session& session) {
    const auto lines = session.generate("quadratic_words", 10'000, {10, 997}, 8);
    const auto counts = lines.flat_map("split_words")
                            .key_by("shout")
                            .map_values("constant", 1)
                            .reduce_by_key("sum", 4);
    for (const forkyard::Value& row :
         counts.top(session.argument("n", std::int64_t{10}), "value")) {
        std::cout << forkyard::to_text(row) << "\n";
    }
}

}  // namespace

FORKYARD_FUNCTION(shout, "shout", "a word in capitals", 0, 0, shout)
FORKYARD_PROGRAM(top_words, "the most frequent words; n: how many")

int main(int argc, char** argv) {
    return forkyard::driver_main(argc, argv);
}

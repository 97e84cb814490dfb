// The forkyard binary.
#include "sim/session/sdk/forkyard/session.hpp"

int main(int argc, char** argv) {
    return forkyard::driver_main(argc, argv);
}

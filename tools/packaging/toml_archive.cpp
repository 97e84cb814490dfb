// The compiled half of toml++, as an archive of ours: the distributions' shared
// library throws, while the scenario reader wants errors as values.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>

// 128-bit integers, named in one place: the plain keyword is not ISO C++.
// They are for products and quotients inside a computation, never for storage.
#pragma once

namespace forkyard {

__extension__ using int128 = __int128;
__extension__ using uint128 = unsigned __int128;

}  // namespace forkyard

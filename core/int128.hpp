// 128-bit integers, named in one place: the plain keyword is not ISO C++.
// They are for products and quotients inside a computation, never for storage.
#pragma once

namespace forkyard {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

}  // namespace forkyard

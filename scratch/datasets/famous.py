"""The well-known films that the most rated movies of a stand-in are named after.

So that looking up "Star Wars (1977)" works on a stand-in too. Titles are spelled as MovieLens
spells them; the genres beside them are our own short description.
"""

# (title in ml-100k, title in ml-latest-small, genres); None where a set does not have the film.
# The first three are the Star Wars films: the generator gives them one taste.
FAMOUS: tuple[tuple[str | None, str | None, str], ...] = (
    ("Star Wars (1977)", "Star Wars: Episode IV - A New Hope (1977)", "Adventure|Sci-Fi"),
    (
        "Empire Strikes Back, The (1980)",
        "Star Wars: Episode V - The Empire Strikes Back (1980)",
        "Adventure|Sci-Fi",
    ),
    (
        "Return of the Jedi (1983)",
        "Star Wars: Episode VI - Return of the Jedi (1983)",
        "Adventure|Sci-Fi",
    ),
    ("Forrest Gump (1994)", "Forrest Gump (1994)", "Comedy|Drama|Romance"),
    ("Pulp Fiction (1994)", "Pulp Fiction (1994)", "Crime|Drama"),
    ("Shawshank Redemption, The (1994)", "Shawshank Redemption, The (1994)", "Drama"),
    ("Silence of the Lambs, The (1991)", "Silence of the Lambs, The (1991)", "Crime|Thriller"),
    (None, "Matrix, The (1999)", "Action|Sci-Fi"),
    ("Fargo (1996)", "Fargo (1996)", "Comedy|Crime"),
    ("Toy Story (1995)", "Toy Story (1995)", "Animation|Children|Comedy"),
    ("Jurassic Park (1993)", "Jurassic Park (1993)", "Adventure|Sci-Fi"),
    ("Braveheart (1995)", "Braveheart (1995)", "Drama|War"),
    ("Schindler's List (1993)", "Schindler's List (1993)", "Drama|War"),
    (
        "Raiders of the Lost Ark (1981)",
        "Raiders of the Lost Ark (Indiana Jones and the Raiders of the Lost Ark) (1981)",
        "Action|Adventure",
    ),
    ("Godfather, The (1972)", "Godfather, The (1972)", "Crime|Drama"),
    (
        "Independence Day (ID4) (1996)",
        "Independence Day (a.k.a. ID4) (1996)",
        "Action|Sci-Fi",
    ),
    (None, "Fight Club (1999)", "Drama|Thriller"),
    ("Twelve Monkeys (1995)", "Twelve Monkeys (a.k.a. 12 Monkeys) (1995)", "Mystery|Sci-Fi"),
    ("Titanic (1997)", "Titanic (1997)", "Drama|Romance"),
    ("Scream (1996)", "Scream (1996)", "Horror|Thriller"),
    ("Contact (1997)", "Contact (1997)", "Drama|Sci-Fi"),
    ("English Patient, The (1996)", "English Patient, The (1996)", "Drama|Romance"),
    ("Aladdin (1992)", "Aladdin (1992)", "Animation|Children|Musical"),
    ("Lion King, The (1994)", "Lion King, The (1994)", "Animation|Children|Musical"),
    ("Beauty and the Beast (1991)", "Beauty and the Beast (1991)", "Animation|Children|Musical"),
    ("Batman (1989)", "Batman (1989)", "Action|Crime"),
    ("Terminator, The (1984)", "Terminator, The (1984)", "Action|Sci-Fi"),
    ("Aliens (1986)", "Aliens (1986)", "Action|Sci-Fi"),
    ("Alien (1979)", "Alien (1979)", "Horror|Sci-Fi"),
    ("Blade Runner (1982)", "Blade Runner (1982)", "Film-Noir|Sci-Fi"),
    (
        "Monty Python and the Holy Grail (1974)",
        "Monty Python and the Holy Grail (1975)",
        "Comedy",
    ),
    ("Dances with Wolves (1990)", "Dances with Wolves (1990)", "Drama|Western"),
    ("Sleepless in Seattle (1993)", "Sleepless in Seattle (1993)", "Comedy|Romance"),
    ("Pretty Woman (1990)", "Pretty Woman (1990)", "Comedy|Romance"),
    ("Casablanca (1942)", "Casablanca (1942)", "Romance|War"),
    ("Psycho (1960)", "Psycho (1960)", "Horror|Thriller"),
    ("Wizard of Oz, The (1939)", "Wizard of Oz, The (1939)", "Children|Fantasy|Musical"),
    ("Mary Poppins (1964)", "Mary Poppins (1964)", "Children|Musical"),
    ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey (1968)", "Mystery|Sci-Fi"),
    ("Clockwork Orange, A (1971)", "Clockwork Orange, A (1971)", "Crime|Drama"),
    ("Apocalypse Now (1979)", "Apocalypse Now (1979)", "Drama|War"),
    ("Trainspotting (1996)", "Trainspotting (1996)", "Crime|Drama"),
    ("Annie Hall (1977)", "Annie Hall (1977)", "Comedy|Romance"),
    ("Citizen Kane (1941)", "Citizen Kane (1941)", "Drama|Mystery"),
)
